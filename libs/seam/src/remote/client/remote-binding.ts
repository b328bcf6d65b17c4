import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoundMethod, SeamRuntime } from '../../call/bound-method.js';
import { CallContext, currentCall } from '../../call/call-context.js';
import { isDeclared, isSeamError, SeamError } from '../../call/errors.js';
import type { Contract } from '../../contract/contract.js';
import type { ErrorOnWire, ReplyFrame } from '../frames.js';
import { RemoteCall } from './remote-call.js';
import type { RemoteHost } from './remote-host.js';
import { RemoteMethod } from './remote-method.js';
import { TransportError } from './transport-error.js';

/** Binds a method to a provider in another process. */
export function bindRemote(
  runtime: SeamRuntime,
  host: RemoteHost,
  contract: Contract,
  key: string,
): BoundMethod {
  const remote = new RemoteMethod(runtime, contract, key);
  const { path, method, record } = remote;
  const timeout = method.timeout ?? Infinity;

  return (input) =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const context =
        currentCall() ??
        new CallContext({ requestId: randomUUID(), deadline: started + runtime.defaultTimeout });
      const deadline = Math.min(context.deadline, started + timeout);
      const early = context.cancelled ?? (deadline <= started ? tooLate(path) : undefined);
      if (early) {
        record(early.code, 0);
        reject(early);
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
        context.nextKey(path),
        started,
        deadline,
        data,
        resolve,
        reject,
      );
      call.begin();
      void conduct(call, host);
    });
}

/** Sends a call until it has an answer, or no further try makes sense. */
async function conduct(call: RemoteCall, host: RemoteHost): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const reply = await host.send(call);
      const again = reply.err && reasonToRepeat(call, reply, host);
      if (!again || attempt >= host.settings.attempts) return conclude(call, reply);
      await pause(call, host, again, attempt);
    } catch (error) {
      const again = reasonToResend(call, error, host);
      if (!again || attempt >= host.settings.attempts) return call.fail(asSeamError(call, error));
      await pause(call, host, again, attempt);
    }
    if (call.hasEnded) return;
  }
}
