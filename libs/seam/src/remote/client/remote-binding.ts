import { setTimeout as sleep } from 'node:timers/promises';
import { bindCached } from '../../answers/cached-query.js';
import { currentCall, rootContext } from '../../call/call-context.js';
import type { Carried } from '../../call/carriers.js';
import { type BoundMethod, PlacedMethod, type SeamRuntime } from '../../call/placed-method.js';
import { traced } from '../../call/traced-method.js';
import type { Contract } from '../../contract/contract.js';
import type { Credential } from '../credential.js';
import { outcomeOf } from '../../contract/error-codec.js';
import type { ReplyFrame } from '../frames.js';
import { RemoteCall } from './remote-call.js';
import { RemoteHost } from './remote-host.js';
import type { RemoteHostOptions } from './remote-host-options.js';
import { hasNotStarted, shouldRetry, toCallError, TransportError } from './retry.js';

/**
 * Starts to connect to a host, and binds the methods of its contracts.
 * @param bind called for each method
 * @returns a function that closes the connections once the calls on them have ended
 */
export function bindRemoteHost(
  runtime: SeamRuntime,
  options: RemoteHostOptions,
  credential: Credential | undefined,
  bind: (contract: Contract, key: string, method: BoundMethod) => void,
): () => void {
  const host = new RemoteHost(options, credential, runtime.observer);
  for (const contract of options.contracts)
    for (const key of Object.keys(contract.methods)) {
      const remote = new PlacedMethod(runtime, contract, key, 'remote');
      const call = bindCached(remote, bindRemote(remote, host));
      bind(contract, key, traced(remote, 'client', 'remote', call));
    }
  return () => host.close();
}

/** Binds a method to a provider in another process. */
function bindRemote(remote: PlacedMethod, host: RemoteHost): BoundMethod {
  const { runtime, path, timeout, record } = remote;

  return (input) =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const context = currentCall() ?? rootContext(started + runtime.defaultTimeout);
      const deadline = Math.min(context.deadline, started + timeout);
      const isLate = deadline <= started;
      const refusal =
        context.cancelled ?? (isLate ? remote.deadlineExceeded('was called too late') : undefined);
      if (refusal) {
        record(refusal.code, 0);
        reject(refusal);
        return;
      }
      let data: string | undefined;
      try {
        data = remote.input.encode(input);
      } catch (cause) {
        record('invalid-input', 0);
        reject(remote.invalidInput(cause));
        return;
      }
      let carried: Carried | undefined;
      try {
        carried = runtime.carriers.inject();
      } catch (thrown) {
        const error = remote.toDeclaredError(thrown, context);
        record(outcomeOf(error), 0);
        reject(error);
        return;
      }
      const call = new RemoteCall(
        remote,
        context,
        context.nextIdempotencyKey(path),
        carried,
        started,
        deadline,
        data,
        resolve,
        reject,
      );
      call.begin();
      void callWithRetries(call, host);
    });
}

/** Sends a call until it has an answer, or no further try makes sense. */
async function callWithRetries(call: RemoteCall, host: RemoteHost): Promise<void> {
  const { runtime, contract, key, output, errors } = call.remote;
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await host.send(call);
      recordEffects(reply, call);
      observeReads(reply, call);
      if (reply.err)
        throw isRefusal(reply) ? new TransportError(reply.err.message, false) : errors.decode(reply.err);
      return call.succeed(output.decode(reply.response));
    } catch (error) {
      if (call.hasEnded) return;
      const mayRetry = attempt < host.settings.maxAttempts && shouldRetry(call, error, host.honoursKeys);
      if (!mayRetry) return call.fail(toCallError(call, error));
      runtime.observer.retried?.(contract.name, key, error instanceof Error ? error.message : String(error));
      // The first repetition of what surely has not begun needs no pause: it usually goes to another address.
      if (attempt > 1 || !hasNotStarted(error)) await pause(host.settings.backoff * 2 ** (attempt - 1), call);
      if (call.hasEnded) return;
    }
  }
}

/** Later reads of this request must include what the callee has written for it, and its reply is no better than what it is made of. */
function recordEffects({ written, degraded }: ReplyFrame, { context: { consistency } }: RemoteCall): void {
  for (const [module, position] of Object.entries(written ?? {})) consistency.recordWrite(module, position);
  for (const module of degraded ?? []) consistency.recordDegraded(module);
}

/** A callee that does not tell, as one of an earlier release, may have read anything. */
function observeReads({ readWatermark }: ReplyFrame, { context, remote }: RemoteCall): void {
  context.readWatermark?.merge(readWatermark ?? { [remote.contract.name]: null });
}

/** The pause is random up to its bound, so that callers who failed together do not come back together. */
function pause(bound: number, call: RemoteCall): Promise<void> {
  return sleep(Math.min(Math.random() * bound, Math.max(0, call.deadline - performance.now())));
}

/** A call that the callee turned away before it began is like one that never arrived. */
function isRefusal({ refused, err }: ReplyFrame): boolean {
  return refused === true && err?.code === 'unavailable';
}
