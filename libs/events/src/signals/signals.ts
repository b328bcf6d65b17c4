import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Broker } from '../broker/broker.js';
import { PostgresTransport } from '../broker/postgres-transport.js';
import { RedisTransport } from '../broker/redis-transport.js';
import { PostgresChannel } from './postgres-channel.js';
import { RedisChannel } from './redis-channel.js';
import type { SignalChannel } from './signal-channel.js';

type Listener = (message: unknown) => void;

const WINDOW_MS = 20;
/** PostgreSQL takes less than 8,000 bytes at a time. */
const PACKET_BYTES = 7_500;
const WAITING_MAX = 5_000;
const AGAIN_MS = 500;
/** Says that hints of its sender are lost. */
const LOST = 'lost';

/**
 * Hints from each process to all of them, such as "look again": on Redis' pub/sub or PostgreSQL's NOTIFY, whichever
 * has the queues. Fast, and lossy: while the broker is away a hint reaches the own process alone. Who has missed
 * hints, or may have, is told that much and not which. So whoever listens must find everything without them.
 */
@Injectable()
export class Signals implements OnModuleDestroy {
  readonly #log = new Logger(Signals.name);
  readonly #channel: SignalChannel;
  readonly #sender = randomUUID();
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Two equal hints in one window are one; a set keeps the order. */
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #lastSent = 0;
  readonly #missing = new Set<() => void>();
  #subscribed = false;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(broker: Broker) {
    const { transport } = broker;
    if (transport instanceof RedisTransport) this.#channel = new RedisChannel(transport);
    else this.#channel = new PostgresChannel(transport as PostgresTransport);
  }

  /**
   * Tells every process that listens, this one included; those that are sent within 20 ms travel together. Never
   * fails and never waits.
   * @param topic a module's name, by custom
   * @param message anything that JSON can carry, up to 7,000 bytes of it
   * @throws RangeError when the message is too large
   */
  emit(topic: string, message: unknown): void {
    this.add(topic, message);
    this.#timer ??= setTimeout(
      () => void this.#flush(),
      Math.max(0, this.#lastSent + WINDOW_MS - Date.now()),
    ).unref();
  }

  /**
   * The same at once, instead of with others, for somebody who waits: resolves when the broker has it, and so every process
   * is about to hear it; or when it turns out that the broker does not take it. Never fails.
   * @throws RangeError when the message is too large
   */
  tell(topic: string, message: unknown): Promise<void> {
    this.add(topic, message);
    clearTimeout(this.#timer);
    return this.#flush();
  }

  private add(topic: string, message: unknown): void {
    const entry = JSON.stringify([topic, message]);
    if (Buffer.byteLength(entry) > PACKET_BYTES - 100)
      throw new RangeError(
        `a signal of '${topic}' is too large: hints name what changed, they do not carry it`,
      );
    if (this.#waiting.size < WAITING_MAX) this.#waiting.add(entry);
    else this.#lose();
  }

  /**
   * @param listener what it throws is logged and goes no further
   * @returns ends it
   */
  on(topic: string, listener: Listener): () => void {
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
   * @param listener called whenever hints may be missing: when this process begins to listen, or does again, and when
   *   another one could not send some
   * @returns ends it
   */
  onMissed(listener: () => void): () => void {
    this.#subscribe();
    this.#missing.add(listener);
    return () => void this.#missing.delete(listener);
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    this.#listeners.clear();
    this.#missing.clear();
    this.#channel.close();
  }

  readonly #flush = async (): Promise<void> => {
    this.#timer = undefined;
    this.#lastSent = Date.now();
    const entries = [...this.#waiting];
    this.#waiting.clear();
    const published = this.#publish(packets(entries));
    for (const entry of entries) this.deliver(JSON.parse(entry) as [string, unknown]);
    await published;
  };

  /** @param packets as JSON. That the broker is away is said by whoever minds it. */
  #publish(packets: readonly string[]): Promise<unknown> {
    const texts = packets.map((packet) => `["${this.#sender}",${packet}]`);
    return this.#channel.publish(texts).catch(() => this.#lose());
  }

  #lose(): void {
    if (this.#isClosed) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      void this.#publish([JSON.stringify(LOST)]);
    }, AGAIN_MS).unref();
  }

  #subscribe(): void {
    if (this.#subscribed) return;
    this.#subscribed = true;
    this.#channel.subscribe(
      (text) => this.hear(text),
      () => this.miss(),
    );
  }

  private miss(): void {
    for (const listener of this.#missing) listener();
  }

  private hear(text: string): void {
    const [sender, entries] = JSON.parse(text) as [string, typeof LOST | [string, unknown][]];
    if (sender === this.#sender) return;
    if (entries === LOST) this.miss();
    else for (const entry of entries) this.deliver(entry);
  }

  private deliver([topic, message]: [string, unknown]): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      try {
        listener(message);
      } catch (error) {
        this.#log.error({ err: error }, `a listener to signals of '${topic}' failed`);
      }
    }
  }
}

/** JSON arrays of as many entries as fit. */
function packets(entries: readonly string[]): string[] {
  const found: string[] = [];
  let packet: string[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry) + 1;
    if (bytes + size > PACKET_BYTES - 50 && packet.length > 0) {
      found.push(`[${packet.join(',')}]`);
      packet = [];
      bytes = 0;
    }
    packet.push(entry);
    bytes += size;
  }
  if (packet.length > 0) found.push(`[${packet.join(',')}]`);
  return found;
}
