import { Logger } from '@nestjs/common';
import { isTransient } from '../handlers/failure.js';
import type { DirectEvent, DirectHandler } from './direct-event.js';

/** While so many wait here, it takes no more. A process that crashes leaves them under suspicion. */
const MAX_PENDING = 64;
/** While an event waits longer than this, further ones are left to other processes. */
const MAX_WAIT_MS = 2_000;
const MAX_BATCH = 32;
/** What a batch may take: its events take effect together, and it holds their locks until then. */
const TARGET_BATCH_MS = 100;
/** After a batch that failed, events are handled one by one for this long. */
const BATCH_PAUSE_MS = 10_000;

/** Handles the events of publishers in the same process, without a queue in between. */
export class DirectSubscriber {
  readonly #log = new Logger('Events');
  /** In the order of arrival. */
  #pending: { readonly event: DirectEvent; readonly since: number }[] = [];
  readonly #running = new Set<Promise<void>>();
  #isBatching = false;
  /** Adapts to what the handlers take, so that a slow one does not hold up others. */
  #batchSize = 1;
  /** On the clock of `performance.now()`. */
  #batchAgainAt = 0;

  constructor(
    private readonly events: DirectHandler,
    private readonly concurrency: number,
    private readonly stopping: AbortSignal,
  ) {}

  /** Whether it takes events now. */
  get isAccepting(): boolean {
    const oldest = this.#pending[0];
    const isBehind = oldest !== undefined && performance.now() - oldest.since > MAX_WAIT_MS;
    return !isBehind && this.#pending.length < MAX_PENDING;
  }

  get isStopping(): boolean {
    return this.stopping.aborted;
  }

  add(events: readonly DirectEvent[]): void {
    if (this.stopping.aborted) return giveBack(events);
    const since = performance.now();
    this.#pending.push(...events.map((event) => ({ event, since })));
    while (this.#running.size < Math.min(this.concurrency, this.#pending.length)) this.#start();
  }

  /** Waits for the events that are being handled, and gives the others back. */
  async stop(): Promise<void> {
    const left = this.#pending;
    this.#pending = [];
    giveBack(left.map(({ event }) => event));
    await Promise.all(this.#running);
  }

  #start(): void {
    const running = this.#work().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #work(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#take();
      if (batch.length > 1) await this.#handleTogether(batch);
      else await this.#handle(batch[0]!);
    }
  }

  /** Takes the next events for one transaction: several only while no other batch runs here, since two could deadlock. */
  #take(): DirectEvent[] {
    const isSuspect = ({ event }: { event: DirectEvent }) => event.crashes > 0;
    const first = this.#pending.findIndex(isSuspect);
    const innocent = first === -1 ? this.#pending.length : first;
    const isSingle = this.#isBatching || performance.now() < this.#batchAgainAt;
    const size = isSingle ? 1 : Math.max(1, Math.min(this.#batchSize, innocent));
    return this.#pending.splice(0, size).map(({ event }) => event);
  }

  async #handleTogether(batch: readonly DirectEvent[]): Promise<void> {
    const deliveries = batch.map(({ delivery }) => delivery);
    const began = performance.now();
    this.#isBatching = true;
    const isDone = await this.events.processTogether(deliveries);
    this.#isBatching = false;
    if (!isDone) {
      this.#batchAgainAt = performance.now() + BATCH_PAUSE_MS;
      for (const event of batch) await this.#handle(event);
      return;
    }
    this.#adaptBatchSize(performance.now() - began);
    for (const { source, delivery } of batch) source.confirm(delivery.id);
    await this.events.drainBehind(deliveries);
  }

  async #handle({ delivery, crashes, source }: DirectEvent): Promise<void> {
    const began = performance.now();
    try {
      await this.events.process(delivery, crashes);
    } catch (error) {
      // The process is stopping, or the inbox cannot be written. The row is due again by itself.
      if (!isTransient(error))
        this.#log.warn(
          { err: error },
          `${delivery.type} ${delivery.publisher}:${delivery.id} is retried later`,
        );
      return;
    }
    this.#adaptBatchSize(performance.now() - began);
    source.confirm(delivery.id);
    await this.events.drain(delivery.publisher, delivery.aggregate);
  }

  #adaptBatchSize(took: number): void {
    const size = took < TARGET_BATCH_MS ? this.#batchSize * 2 : this.#batchSize / 2;
    this.#batchSize = Math.min(MAX_BATCH, Math.max(1, Math.floor(size)));
  }
}

function giveBack(events: readonly DirectEvent[]): void {
  for (const { source, delivery } of events) source.giveBack(delivery.id);
}
