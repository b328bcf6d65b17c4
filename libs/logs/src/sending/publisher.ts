import { setTimeout as pause } from 'node:timers/promises';
import { connectToStream, type StreamClient } from '../stream/connect.js';
import { nameOf } from '../stream/line-range.js';
import { LINES_SUBJECT } from '../stream/names.js';
import type { LineBatch } from './numbered-lines.js';
import type { Spool, SpooledBatch } from './spool.js';

const MAX_UNCONFIRMED = 16;
const ACK_TIMEOUT_MS = 5_000;
const RETRY_INTERVAL_MS = 500;
/** Batches that wait keep their lines in memory, up to this size; others are read again. */
const MAX_MEMORY_BYTES = 4_194_304;

interface QueuedBatch extends SpooledBatch {
  readonly isSpooled: boolean;
  readonly data?: Buffer;
}

/** Sends batches from the spool to the stream, several at a time, and each until the stream has confirmed it. */
export class Publisher {
  readonly #queue: QueuedBatch[] = [];
  #memory = 0;
  #unconfirmed = 0;
  #client: StreamClient | undefined;
  #isAway = false;
  #retry: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly url: string,
    private readonly spool: Spool,
    private readonly report: (reason: string | undefined) => void,
  ) {}

  /** Connects, and tries again until it succeeds. */
  async connect(): Promise<void> {
    for (;;) {
      try {
        this.#client = await connectToStream(this.url, 'hosts');
        this.#pump();
        await this.#client.connection.closed();
      } catch (error) {
        this.#setAway(reasonOf(error as Error));
      }
      this.#client = undefined;
      await pause(RETRY_INTERVAL_MS);
    }
  }

  /** Sends a batch. @returns whether it does: one that is not in the spool needs a stream that takes it */
  add({ process, first, last, data }: LineBatch, isSpooled: boolean): boolean {
    const isKept = this.#memory + data.length <= MAX_MEMORY_BYTES;
    if (!isSpooled && (!this.#client || this.#isAway || !isKept)) return false;
    if (isKept) this.#memory += data.length;
    this.#queue.push({ process, first, last, bytes: data.length, isSpooled, ...(isKept && { data }) });
    this.#pump();
    return true;
  }

  /** Sends batches of other processes, from the spool. */
  adopt(batches: readonly SpooledBatch[]): void {
    for (const batch of batches) this.#queue.push({ ...batch, isSpooled: true });
    this.#pump();
  }

  /** Resolves when nothing is left to send, or the stream is away, or after the timeout. */
  async idle(timeout: number): Promise<void> {
    if (this.#isIdle || this.#isAway) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    await Promise.race([promise, pause(timeout)]);
  }

  get #isIdle(): boolean {
    return this.#queue.length === 0 && this.#unconfirmed === 0;
  }

  #pump(): void {
    if (this.#retry) return;
    while (this.#client && this.#unconfirmed < MAX_UNCONFIRMED && this.#queue.length > 0)
      void this.#publish(this.#queue.shift()!, this.#client);
    if (this.#isIdle) this.#onIdle?.();
  }

  async #publish(batch: QueuedBatch, { jetStream }: StreamClient): Promise<void> {
    this.#unconfirmed += 1;
    try {
      const data = batch.data ?? this.spool.read(batch);
      if (data)
        await jetStream.publish(LINES_SUBJECT, data, { msgID: nameOf(batch), timeout: ACK_TIMEOUT_MS });
      if (batch.data) this.#memory -= batch.data.length;
      if (batch.isSpooled) this.spool.remove(batch);
      this.#setBack();
    } catch (error) {
      this.#queue.unshift(batch);
      this.#setAway(reasonOf(error as Error));
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.#pump();
      }, RETRY_INTERVAL_MS);
    }
    this.#unconfirmed -= 1;
    this.#pump();
  }

  #setAway(reason: string): void {
    if (!this.#isAway) this.report(reason);
    this.#isAway = true;
    this.#onIdle?.();
  }

  #setBack(): void {
    if (this.#isAway) this.report(undefined);
    this.#isAway = false;
  }
}

function reasonOf({ name, message }: Error): string {
  if (name !== 'JetStreamNotEnabled') return message;
  return `no stream takes '${LINES_SUBJECT}'; npm run logs -- serve creates it`;
}
