import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { currentCall, Implements, type InputOf, SeamError } from '../index.js';
import { type Probe, ProbeContract } from './probe-contract.fixture.js';

@Implements(ProbeContract)
@Injectable()
export class ProbeService implements Probe {
  #total = 0;
  readonly #aborted = new Map<string, string>();

  async echo(value: InputOf<typeof ProbeContract, 'echo'>) {
    return value;
  }

  async nothing() {}

  async maybe({ value }: InputOf<typeof ProbeContract, 'maybe'>) {
    return value;
  }

  async large({ items }: { readonly items: number }) {
    return Array.from({ length: items }, (_, at) => ({ at: new Date(at), text: `${at} ${'ü'.repeat(400)}` }));
  }

  async binary({ bytes }: { readonly bytes: number }) {
    // Uint8Array.from() takes four times as long: on a loaded machine, long enough for the caller to eject the callee.
    return new Uint8Array(bytes).map((_, at) => at % 251);
  }

  async context() {
    const { requestId, traceparent, principal, remaining, idempotencyKey } = currentCall()!;
    return { requestId, traceparent, principal: principal?.id, left: remaining, idempotencyKey };
  }

  async fail({ how }: InputOf<typeof ProbeContract, 'fail'>): Promise<undefined> {
    if (how === 'declared') throw new SeamError('probe/broken', { message: 'it broke', data: { part: 7 } });
    if (how === 'retryable') throw new SeamError('probe/busy', { retryable: true });
    if (how === 'undeclared') throw new SeamError('probe/undeclared', { data: 'a secret' });
    throw new Error('the disk is on fire');
  }

  async hang({ id }: { readonly id: string }): Promise<undefined> {
    this.#aborted.delete(id);
    const { promise, reject } = Promise.withResolvers<undefined>();
    currentCall()!.onCancel((reason) => {
      this.#aborted.set(id, reason.code);
      reject(reason);
    });
    return promise;
  }

  async briefly(input: { readonly id: string }) {
    return this.hang(input);
  }

  async aborted({ id }: { readonly id: string }) {
    return this.#aborted.get(id) ?? null;
  }

  async sleep({ ms }: { readonly ms: number }) {
    await sleep(ms);
    return process.pid;
  }

  async add({ amount }: { readonly amount: number }) {
    this.#total += amount;
    return { total: this.#total };
  }

  async total() {
    return this.#total;
  }

  async key() {
    return currentCall()!.idempotencyKey;
  }

  async write({ module, position, fails }: InputOf<typeof ProbeContract, 'write'>) {
    currentCall()!.consistency.recordWrite(module, position);
    if (fails) throw new SeamError('probe/broken');
  }

  async read({ module, position }: InputOf<typeof ProbeContract, 'read'>) {
    currentCall()!.readWatermark?.observe(module, position);
  }

  async needs() {
    const { level, required } = currentCall()!.consistency;
    return { level, required: Object.fromEntries(required) };
  }
}

@Module({ providers: [ProbeService] })
export class ProbeModule {}
