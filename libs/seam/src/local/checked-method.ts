import { ContractError } from '../call/errors.js';
import { type BoundMethod, invoke, type PlacedMethod } from '../call/placed-method.js';
import type { Codec } from '../contract/codec.js';
import type { ErrorCodec, ErrorOnWire } from '../contract/error-codec.js';
import { changes, travel } from '../contract/differences.js';
import { pathOf } from '../contract/schema.js';

/**
 * Checked mode: a local call behaves as if a wire were in between, and complains of what a wire would change.
 * Input and output are compared before and after their way through the codec; the callee works on a copy; and every query
 * is made twice, so that one with an effect shows in the tests.
 * @throws ContractError with the path of each place that differs
 */
export function checked(
  { method, contract, input: inputCodec, output: outputCodec, errors }: PlacedMethod,
  call: BoundMethod,
): BoundMethod {
  const share = contract.options.frozen ? deepFreeze : <T>(value: T) => value;
  const once = async (input: unknown) => {
    const sent = arrivalOf(inputCodec, input);
    const before = structuredClone(sent);
    const result = await invoke(call, share(sent)).catch((thrown: unknown) => travelError(errors, thrown));
    const [changed] = changes(before, sent, []);
    if (changed)
      throw new ContractError(`${inputCodec.path}${pathOf(changed[0])}: the callee changed its argument`);
    return share(arrivalOf(outputCodec, result));
  };
  if (method.kind === 'command') return once;
  return async (input) => {
    await once(input);
    return once(input);
  };
}

function arrivalOf(codec: Codec, value: unknown): unknown {
  const { differences, value: arrived } = travel(codec, value);
  refuse(differences);
  return arrived;
}

/** The error that arrives keeps the stack of the one that was thrown, which a debugger needs. */
function travelError(codec: ErrorCodec, thrown: unknown): never {
  if (!codec.declares(thrown)) throw thrown;
  refuse(codec.differencesOf(thrown));
  const arrived = codec.decode(JSON.parse(codec.encode(thrown)) as ErrorOnWire);
  throw Object.assign(arrived, { stack: thrown.stack });
}

function refuse(differences: readonly string[]): void {
  if (differences.length > 0) throw new ContractError(differences.join('\n'));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
