import { CallContext, currentCall, rootContext, runCall } from '../call/call-context.js';
import type { InFlightCall } from '../call/deadline-tracker.js';
import { type BoundMethod, invoke, type PlacedMethod } from '../call/placed-method.js';
import { type CallError, outcomeOf } from '../contract/error-codec.js';

/**
 * Binds a method to a provider in this process. The call is direct: no copy, no validation; a deadline, the
 * context and a count are all that stands between caller and callee.
 */
export function bindLocal(placed: PlacedMethod, implementation: BoundMethod): BoundMethod {
  const { path, method, timeout, record } = placed;
  const { deadlines, defaultTimeout } = placed.runtime;
  const isCommand = method.kind === 'command';

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
        reject(placed.deadlineExceeded('was called too late'));
        return;
      }
      const idempotencyKey = isCommand ? outer?.nextIdempotencyKey(path) : undefined;
      // A new store costs more than the rest of the call together, so the caller's context serves while it can.
      const own = outer === undefined || deadline < outer.deadline || idempotencyKey !== undefined;
      const context = own ? (outer?.withDeadline(deadline, idempotencyKey) ?? rootContext(deadline)) : outer;

      const call = new LocalCall(placed, context, own, started, deadline, reject);
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
          const error = placed.toDeclaredError(thrown, context);
          call.end(outcomeOf(error));
          reject(error);
        },
      );
    });
}

/** A call of a provider in this process, under way. A class, since closures for each call would cost more. */
class LocalCall implements InFlightCall {
  index = -1;

  constructor(
    private readonly placed: PlacedMethod,
    /** The context that the provider sees. */
    private readonly context: CallContext,
    /** Whether that was made for this call alone. */
    private readonly ownsContext: boolean,
    private readonly started: number,
    readonly deadline: number,
    private readonly reject: (error: CallError) => void,
  ) {}

  /** Counts the call and lets its context go. */
  end(outcome: string): void {
    if (this.ownsContext) this.context.end();
    this.placed.record(outcome, performance.now() - this.started);
  }

  expire(): void {
    const error = this.placed.deadlineExceeded('took too long');
    this.context.cancel(error);
    this.end(error.code);
    this.reject(error);
  }
}
