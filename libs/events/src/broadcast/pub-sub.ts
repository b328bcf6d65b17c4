import type { Notification } from 'pg';
import type { PostgresTransport } from '../broker/postgres-transport.js';
import type { RedisTransport } from '../broker/redis-transport.js';

const RETRY_INTERVAL_MS = 1_000;

/** Carries texts between processes, in order, without a guarantee of delivery. */
export interface PubSub {
  publish(texts: readonly string[]): Promise<unknown>;
  /**
   * Called once; subscribes again whenever the connection was lost.
   * @param onSubscribed called after each time it has subscribed: earlier texts may have been missed
   */
  subscribe(onText: (text: string) => void, onSubscribed: () => void): void;
  close(): void;
}

export class RedisPubSub implements PubSub {
  readonly #channel: string;

  constructor(private readonly transport: RedisTransport) {
    this.#channel = `${transport.namespace}:broadcasts`;
  }

  publish(texts: readonly string[]): Promise<unknown> {
    return Promise.all(texts.map((text) => this.transport.client.publish(this.#channel, text)));
  }

  subscribe(onText: (text: string) => void, onSubscribed: () => void): void {
    const client = this.transport.subscriber();
    client.on('message', (_channel, text) => onText(text));
    // `subscribe` fails when the connection breaks; the next connection emits `ready` again.
    client.on('ready', () => void client.subscribe(this.#channel).then(onSubscribed, () => undefined));
  }

  close(): void {}
}

/** Sends each NOTIFY in a transaction of its own: inside a module's transaction it would serialise commits. */
export class PostgresPubSub implements PubSub {
  #retryTimer: NodeJS.Timeout | undefined;
  #onText: ((text: string) => void) | undefined;
  #onSubscribed: (() => void) | undefined;

  readonly #channel: string;

  constructor(private readonly transport: PostgresTransport) {
    this.#channel = `${transport.namespace}:broadcasts`;
  }

  publish(texts: readonly string[]): Promise<unknown> {
    return this.transport.pool.query('select pg_notify($1, t) from unnest($2::text[]) as t', [
      this.#channel,
      texts,
    ]);
  }

  subscribe(onText: (text: string) => void, onSubscribed: () => void): void {
    this.#onText = onText;
    this.#onSubscribed = onSubscribed;
    this.transport.listenClient.on('lost', this.#listen);
    this.#listen();
  }

  close(): void {
    this.#onText = undefined;
    clearTimeout(this.#retryTimer);
    this.transport.listenClient.off('lost', this.#listen);
  }

  readonly #listen = (): void => void this.#tryToListen();

  async #tryToListen(): Promise<void> {
    clearTimeout(this.#retryTimer);
    if (this.#onText === undefined) return;
    try {
      const client = await this.transport.listenClient.get();
      client.off('notification', this.#onNotification);
      client.on('notification', this.#onNotification);
      await client.query(`listen ${client.escapeIdentifier(this.#channel)}`);
      if (this.#onText !== undefined) this.#onSubscribed?.();
    } catch {
      this.#retryTimer = setTimeout(this.#listen, RETRY_INTERVAL_MS).unref();
    }
  }

  readonly #onNotification = ({ channel, payload }: Notification) => {
    if (channel === this.#channel && payload !== undefined) this.#onText?.(payload);
  };
}
