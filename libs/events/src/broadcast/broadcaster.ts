import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { z } from 'zod';
import { Broker } from '../broker/broker.js';
import { PostgresTransport } from '../broker/postgres-transport.js';
import type { RedisTransport } from '../broker/redis-transport.js';
import { type PubSub, PostgresPubSub, RedisPubSub } from './pub-sub.js';

type Listener = (message: unknown) => void;

const BATCH_INTERVAL_MS = 20;
/** PostgreSQL takes less than 8,000 bytes in a NOTIFY. */
const MAX_PACKET_BYTES = 7_500;
const MAX_PENDING = 5_000;
const RETRY_INTERVAL_MS = 500;
/** Sent instead of messages: some of this sender's are lost. */
const LOST = 'lost';

/** The sender and its entries, each a topic and a message. */
const Packet = z.tuple([z.string(), z.union([z.literal(LOST), z.array(z.tuple([z.string(), z.unknown()]))])]);

/**
 * Broadcasts messages to all processes by Redis pub/sub or PostgreSQL NOTIFY, on the server that holds the queues.
 * Fast and lossy: while the server is unreachable, a message reaches its own process only. Subscribers learn that they
 * may have missed messages, not which; so a subscriber must be able to find the same facts without them.
 */
@Injectable()
export class Broadcaster implements OnModuleDestroy {
  readonly #log = new Logger(Broadcaster.name);
  readonly #pubSub: PubSub;
  readonly #sender = randomUUID();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onMissed = new Set<() => void>();
  /** In the order of publishing; equal messages of one batch are sent once. */
  readonly #pending = new Set<string>();
  #flushTimer: NodeJS.Timeout | undefined;
  #lastFlush = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #isSubscribed = false;
  #isClosed = false;

  constructor({ transport }: Broker) {
    this.#pubSub =
      transport instanceof PostgresTransport
        ? new PostgresPubSub(transport)
        : new RedisPubSub(transport as RedisTransport);
  }

  /**
   * Sends a message to every subscribed process, this one included. Messages of 20 ms travel together. Returns at once.
   * @param topic by convention, the name of a module
   * @param message JSON of at most 7,000 bytes
   * @throws RangeError when the message is too large
   */
  publish(topic: string, message: unknown): void {
    this.#add(topic, message);
    this.#flushTimer ??= setTimeout(
      () => void this.#flush(),
      Math.max(0, this.#lastFlush + BATCH_INTERVAL_MS - performance.now()),
    ).unref();
  }

  /**
   * Sends a message without waiting for others. Resolves when the server has taken it or failed to; never rejects for that.
   * @throws RangeError when the message is too large
   */
  publishNow(topic: string, message: unknown): Promise<void> {
    this.#add(topic, message);
    clearTimeout(this.#flushTimer);
    return this.#flush();
  }

  /**
   * @param listener errors that it throws are logged
   * @returns a function that ends the subscription
   */
  subscribe(topic: string, listener: Listener): () => void {
    this.#subscribe();
    let listeners = this.#listeners.get(topic);
    if (listeners === undefined) this.#listeners.set(topic, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  /**
   * @param listener called whenever messages may have been lost: when this process starts to listen, or listens again,
   *   and when another process could not send some
   * @returns a function that ends the subscription
   */
  onMissed(listener: () => void): () => void {
    this.#subscribe();
    this.#onMissed.add(listener);
    return () => void this.#onMissed.delete(listener);
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#retryTimer);
    this.#listeners.clear();
    this.#onMissed.clear();
    this.#pubSub.close();
  }

  #add(topic: string, message: unknown): void {
    const entry = JSON.stringify([topic, message]);
    const bytes = Buffer.byteLength(entry);
    const max = MAX_PACKET_BYTES - 100;
    if (bytes > max)
      throw new RangeError(
        `broadcast to '${topic}': the message has ${bytes} bytes, expected at most ${max}`,
      );
    if (this.#pending.size < MAX_PENDING) this.#pending.add(entry);
    else this.#announceLoss();
  }

  async #flush(): Promise<void> {
    this.#flushTimer = undefined;
    this.#lastFlush = performance.now();
    const entries = [...this.#pending];
    this.#pending.clear();
    const sent = this.#send(packets(entries));
    for (const entry of entries) this.#deliver(JSON.parse(entry) as [string, unknown]);
    await sent;
  }

  /** Does not log failures: the broker logs an outage of its server. */
  #send(jsons: readonly string[]): Promise<unknown> {
    return this.#pubSub
      .publish(jsons.map((json) => `["${this.#sender}",${json}]`))
      .catch(() => this.#announceLoss());
  }

  #announceLoss(): void {
    if (this.#isClosed) return;
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      void this.#send([JSON.stringify(LOST)]);
    }, RETRY_INTERVAL_MS).unref();
  }

  #subscribe(): void {
    if (this.#isSubscribed) return;
    this.#isSubscribed = true;
    this.#pubSub.subscribe(
      (text) => this.#receive(text),
      () => this.#notifyMissed(),
    );
  }

  #receive(text: string): void {
    const packet = parsePacket(text);
    // Any role of the database may notify on the channel, so the text may be anything.
    if (packet === undefined) return;
    const [sender, entries] = packet;
    if (sender === this.#sender) return;
    if (entries === LOST) this.#notifyMissed();
    else for (const entry of entries) this.#deliver(entry);
  }

  #notifyMissed(): void {
    for (const listener of this.#onMissed) listener();
  }

  #deliver([topic, message]: [string, unknown]): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      try {
        listener(message);
      } catch (error) {
        this.#log.error({ err: error }, `a subscriber to broadcasts of '${topic}' failed`);
      }
    }
  }
}

/** Returns what another process has sent; undefined for any other text. */
function parsePacket(text: string): z.output<typeof Packet> | undefined {
  try {
    return Packet.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Packs entries into JSON arrays that fit into a NOTIFY. */
function packets(entries: readonly string[]): string[] {
  const packed: string[][] = [];
  let room = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry) + 1;
    if (size > room) {
      packed.push([]);
      room = MAX_PACKET_BYTES - 50;
    }
    packed.at(-1)!.push(entry);
    room -= size;
  }
  return packed.map((packet) => `[${packet.join(',')}]`);
}
