import { createHash } from 'node:crypto';
import { currentCall } from './call-context.js';
import type { IdempotencyStore } from './idempotency-store.js';
import type { BoundMethod, PlacedMethod } from './placed-method.js';

/**
 * Runs a command through the store when its call carries a key. A fresh and a stored reply pass the same codec, so
 * that they are equal.
 */
export function withIdempotency(
  { contract, key, input: inputCodec, output: outputCodec }: PlacedMethod,
  implementation: BoundMethod,
  store: IdempotencyStore,
): BoundMethod {
  return async (input) => {
    const call = currentCall();
    if (call?.idempotencyKey === undefined) return implementation(input);
    const request = inObject(inputCodec.encode(input));
    const requestHash = createHash('sha256').update(request).digest('base64url');
    const command = { contract: contract.name, method: key, key: call.idempotencyKey, requestHash };
    const reply = await store.runOnce(command, async () =>
      inObject(outputCodec.encode(await implementation(input))),
    );
    return outputCodec.decode((JSON.parse(reply) as { value?: unknown }).value);
  };
}

/** A method may return nothing, which has no JSON text of its own. */
function inObject(json: string | undefined): string {
  return json === undefined ? '{}' : `{"value":${json}}`;
}
