import { isSeamError } from './errors.js';
import { currentCall, runCall } from './call-context.js';
import type { BoundMethod, PlacedMethod } from './placed-method.js';
import { startSpan } from './current-span.js';
import { errorTypeOf } from './span.js';

/**
 * Gives each call of a method a span, on the side of its caller (`client`) or of its provider (`server`). A local call has both, as
 * one between processes has, so that a trace is the same in every placement. What the call does works below the span.
 */
export function traced(
  { runtime: { tracer }, path, method }: PlacedMethod,
  kind: 'client' | 'server',
  placement: 'local' | 'remote',
  call: BoundMethod,
): BoundMethod {
  if (!tracer) return call;
  const options = {
    name: path,
    kind,
    attributes: { 'rpc.system.name': 'tearline', 'rpc.method': path, 'tearline.placement': placement },
  };
  return async (input) => {
    const caller = currentCall();
    const span = caller && startSpan(tracer, caller, options);
    if (!span) return call(input);
    const context = caller.withSpan(span);
    try {
      const result = await runCall(context, () => call(input));
      span.end();
      return result;
    } catch (error) {
      const code = errorTypeOf(error);
      span.set({ 'rpc.response.status_code': code });
      // An error that the contract declares is an answer.
      span.end(isSeamError(error) && method.errors.includes(code) ? undefined : code);
      throw error;
    } finally {
      context.end();
    }
  };
}
