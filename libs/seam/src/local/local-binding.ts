import { randomUUID } from 'node:crypto';
import { type BoundMethod, invoke, type SeamRuntime } from '../call/bound-method.js';
import { CallContext, currentCall, runCall } from '../call/call-context.js';
import { Consistency } from '../call/consistency.js';
import { SeamError, toDeclaredError } from '../call/errors.js';
import type { Contract, Method } from '../contract/contract.js';
import { LocalCall } from './local-call.js';

/**
 * Binds a method to a provider in this process. The call is direct: no copy, no validation; a deadline, the
 * context and a count are all that stands between caller and callee.
 */
export function bindLocal(
  { deadlines, defaultTimeout, observer }: SeamRuntime,
  { name }: Contract,
  key: string,
  method: Method,
  implementation: BoundMethod,
): BoundMethod {
  const path = `${name}.${key}`;
  const timeout = method.timeout ?? Infinity;
  const isCommand = method.kind === 'command';
  const record = observer.callRecorder(name, key, 'local');

  return (input) =>
    new Promise((resolve, reject) => {
      const outer = currentCall();
      const started = performance.now();
      const deadline = Math.min(
        outer === undefined ? started + defaultTimeout : outer.deadline,
        started + timeout,
      );
      if (deadline <= started) {
        record('deadline-exceeded', 0);
        reject(new SeamError('deadline-exceeded', { message: `${path} was called too late` }));
        return;
      }
      const idempotencyKey = isCommand ? outer?.nextIdempotencyKey(path) : undefined;
      // A new store costs more than the rest of the call together, so the caller's context serves while it can.
      const own = outer === undefined || deadline < outer.deadline || idempotencyKey !== undefined;
      const context = own
        ? (outer?.withDeadline(deadline, idempotencyKey) ??
          new CallContext({ requestId: randomUUID(), deadline, consistency: new Consistency('strong') }))
        : outer;

      const call = new LocalCall(path, record, context, own, started, deadline, reject);
      deadlines.add(call);
      const running = own
        ? runCall(context, () => invoke(implementation, input))
        : invoke(implementation, input);
      running.then(
        (result) => {
          if (!deadlines.remove(call)) return;
          call.end('ok');
          resolve(result);
        },
        (thrown: unknown) => {
          if (!deadlines.remove(call)) return;
          const error = toDeclaredError(thrown, method.errors);
          if (error.code === 'internal') observer.unexpectedError(name, key, thrown, context);
          call.end(error.code);
          reject(error);
        },
      );
    });
}
