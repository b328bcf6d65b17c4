import { ContractError } from '../call/errors.js';
import type { BoundMethod, PlacedMethod } from '../call/placed-method.js';
import type { Codec } from '../contract/codec.js';
import { firstDifference } from '../contract/deep-diff.js';

/**
 * Checked mode: a local call behaves as if a wire were in between, and complains of what a wire would change.
 * Input and output are compared before and after their way through the codec; the callee works on a frozen copy;
 * and every query is made twice, so that one with an effect shows in the tests.
 * @throws ContractError with the path of the value that differs
 */
export function checked(
  { method, input: inputCodec, output: outputCodec }: PlacedMethod,
  call: BoundMethod,
): BoundMethod {
  const once = async (input: unknown) => {
    const sent = travel(inputCodec, input);
    const before = structuredClone(sent);
    const result = await call(deepFreeze(sent));
    const changed = firstDifference(before, sent);
    if (changed !== undefined)
      throw new ContractError(`${inputCodec.path}${changed}: the callee changed its argument`);
    return deepFreeze(travel(outputCodec, result));
  };
  if (method.kind === 'command') return once;
  return async (input) => {
    await once(input);
    return once(input);
  };
}

function travel(codec: Codec, value: unknown): unknown {
  const { path } = codec;
  const parsed = codec.schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ContractError(`${path}${pathOf(issue!.path)}: ${issue!.message}`);
  }
  const stripped = firstDifference(value, parsed.data);
  if (stripped !== undefined) throw new ContractError(`${path}${stripped}: the contract does not name this`);
  const json = codec.encode(value);
  const arrived = codec.decode(json === undefined ? undefined : JSON.parse(json));
  const lost = firstDifference(value, arrived);
  if (lost !== undefined) throw new ContractError(`${path}${lost}: arrives differently from how it left`);
  return arrived;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
