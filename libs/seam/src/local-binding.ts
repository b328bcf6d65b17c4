import { randomUUID } from 'node:crypto';
import { CallContext, currentCall, runCall } from './call-context.js';
import type { Contract, Method } from './contract.js';
import { isDeclared, isSeamError, SeamError } from './errors.js';
import type { Flight, Flights } from './flights.js';
import type { SeamObserver } from './seam-observer.js';

/** One method of a contract, ready to be called, wherever it runs. */
export type BoundMethod = (input: unknown) => Promise<unknown>;

/** What bindings share within one application. */
export interface SeamRuntime {
  readonly flights: Flights;
  readonly observer: SeamObserver;
  /** Milliseconds for a call that no deadline was set for. */
  readonly defaultTimeout: number;
}

/**
 * Binds a method to a provider in this process. The call is direct: no copy, no validation; a deadline, the
 * context and a count are all that stands between caller and callee.
 */
export function bindLocal(
  runtime: SeamRuntime,
  { name }: Contract,
  key: string,
  method: Method,
  implementation: BoundMethod,
): BoundMethod {
  const { flights, observer } = runtime;
  const timeout = method.timeout ?? Infinity;
  const record = observer.method(name, key, 'local');

  return (input) =>
    new Promise((resolve, reject) => {
      const outer = currentCall();
      const started = performance.now();
      const deadline = Math.min(outer ? outer.deadline : started + runtime.defaultTimeout, started + timeout);
      if (deadline <= started) {
        record('deadline-exceeded', 0);
        reject(new SeamError('deadline-exceeded', { message: `${name}.${key} was called too late` }));
        return;
      }
      // A new store costs more than the rest of the call together, so the caller's context serves while it can.
      const own = outer === undefined || deadline < outer.deadline;
      const context = own
        ? (outer?.within(deadline) ?? new CallContext({ requestId: randomUUID(), deadline }))
        : outer;

      const flight: Flight = {
        deadline,
        index: -1,
        expire: () => {
          const error = new SeamError('deadline-exceeded', { message: `${name}.${key} took too long` });
          context.cancel(error);
          end(error.code);
          reject(error);
        },
      };
      const end = (outcome: string) => {
        if (own) context.end();
        record(outcome, performance.now() - started);
      };

      flights.enter(flight);
      const running = own
        ? runCall(context, () => start(implementation, input))
        : start(implementation, input);
      running.then(
        (result) => {
          if (!flights.leave(flight)) return;
          end('ok');
          resolve(result);
        },
        (thrown: unknown) => {
          if (!flights.leave(flight)) return;
          const error = asDeclared(thrown, method);
          if (error.code === 'internal') observer.unexpected(name, key, thrown, context);
          end(error.code);
          reject(error);
        },
      );
    });
}

/** A provider's method may throw before it returns its promise. */
function start(implementation: BoundMethod, input: unknown): Promise<unknown> {
  try {
    return implementation(input);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What may leave a method: its declared errors and the built-in ones. Anything else stays in this process's log. */
function asDeclared(thrown: unknown, { errors }: Method): SeamError {
  if (isSeamError(thrown) && isDeclared(thrown.code, errors)) return thrown;
  return new SeamError('internal', { cause: thrown });
}
