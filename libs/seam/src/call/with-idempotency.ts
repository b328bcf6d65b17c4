import { createHash } from 'node:crypto';
import type { Contract } from '../contract/contract.js';
import type { BoundMethod } from './bound-method.js';
import { currentCall } from './call-context.js';
import type { IdempotencyStore } from './idempotency-store.js';

/**
 * Runs a command through the store when its call carries a key. A fresh and a stored reply pass the same codec, so
 * that they are equal.
 */
export function withIdempotency(
  { name, wires }: Contract,
  key: string,
  implementation: BoundMethod,
  store: IdempotencyStore,
): BoundMethod {
  const { input: inputWire, output: outputWire } = wires[key]!;
  const encoded = (wire: typeof inputWire, value: unknown) =>
    JSON.stringify({ value: wire && value !== undefined ? wire.encode(value) : value });
  return async (input) => {
    const call = currentCall();
    if (call?.idempotencyKey === undefined) return implementation(input);
    const requestHash = createHash('sha256').update(encoded(inputWire, input)).digest('base64url');
    const command = { contract: name, method: key, key: call.idempotencyKey, requestHash };
    const reply = await store.runOnce(command, async () => encoded(outputWire, await implementation(input)));
    const { value } = JSON.parse(reply) as { value?: unknown };
    return outputWire && value !== undefined ? outputWire.decode(value) : value;
  };
}
