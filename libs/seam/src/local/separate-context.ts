import { currentCall, runCall, runOutsideCall } from '../call/call-context.js';
import type { BoundMethod, PlacedMethod } from '../call/placed-method.js';

/**
 * Checked mode: the callee sees of other libraries' contexts what carriers take along, as in another process. So a
 * carrier that is missing shows in the tests of one process.
 */
export function inSeparateContext({ runtime }: PlacedMethod, call: BoundMethod): BoundMethod {
  return (input) => {
    const context = currentCall()!;
    const carried = runtime.carriers.inject();
    return runOutsideCall(() => runCall(context, () => runtime.carriers.extract(carried, () => call(input))));
  };
}
