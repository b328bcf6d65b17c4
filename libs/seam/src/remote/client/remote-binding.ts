import { setTimeout as sleep } from 'node:timers/promises';
import { currentCall, rootContext } from '../../call/call-context.js';
import { SeamError } from '../../call/errors.js';
import { type BoundMethod, PlacedMethod, type SeamRuntime } from '../../call/placed-method.js';
import type { Contract } from '../../contract/contract.js';
import type { Credential } from '../credential.js';
import type { ErrorOnWire, ReplyFrame } from '../frames.js';
import { RemoteCall } from './remote-call.js';
import { RemoteHost } from './remote-host.js';
import type { RemoteHostOptions } from './remote-host-options.js';
import { hasNotStarted, shouldRetry, toSeamError, TransportError } from './retry.js';

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
    for (const key of Object.keys(contract.methods))
      bind(contract, key, bindRemote(new PlacedMethod(runtime, contract, key, 'remote'), host));
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
        reject(new SeamError('invalid-input', { message: `${path} input: has no wire form`, cause }));
        return;
      }
      const call = new RemoteCall(
        remote,
        context,
        context.nextIdempotencyKey(path),
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
  const { runtime, contract, key, output } = call.remote;
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await host.send(call);
      recordWrites(reply, call);
      observeReads(reply, call);
      if (reply.err) throw errorOf(reply, reply.err);
      return call.succeed(output.receive(reply.response));
    } catch (error) {
      if (call.hasEnded) return;
      const mayRetry = attempt < host.settings.maxAttempts && shouldRetry(call, error, host.honoursKeys);
      if (!mayRetry) return call.fail(toSeamError(call, error));
      runtime.observer.retried?.(contract.name, key, error instanceof Error ? error.message : String(error));
      // The first repetition of what surely has not begun needs no pause: it usually goes to another address.
      if (attempt > 1 || !hasNotStarted(error)) await pause(host.settings.backoff * 2 ** (attempt - 1), call);
      if (call.hasEnded) return;
    }
  }
}

/** Later reads of this request must include what the callee has written for it. */
function recordWrites({ written }: ReplyFrame, { context: { consistency } }: RemoteCall): void {
  for (const [module, position] of Object.entries(written ?? {})) consistency.recordWrite(module, position);
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
function errorOf({ refused }: ReplyFrame, { code, message, data, retryable }: ErrorOnWire): Error {
  if (refused && code === 'unavailable') return new TransportError(message, false);
  return new SeamError(code, { message, data, retryable });
}
