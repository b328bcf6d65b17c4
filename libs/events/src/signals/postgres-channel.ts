import type { Notification } from 'pg';
import type { PostgresTransport } from '../broker/postgres-transport.js';
import type { SignalChannel } from './signal-channel.js';

const CHANNEL = 'tearline_signals';
const RETRY_MS = 1_000;

/** NOTIFY on the queues' database, in transactions of their own: a NOTIFY makes commits wait for one another. */
export class PostgresChannel implements SignalChannel {
  #retry: NodeJS.Timeout | undefined;
  #hear: ((text: string) => void) | undefined;
  #began: (() => void) | undefined;
  readonly #listenAgain = () => void this.listen();

  constructor(private readonly transport: PostgresTransport) {}

  publish(texts: readonly string[]): Promise<unknown> {
    return this.transport.pool.query('select pg_notify($1, t) from unnest($2::text[]) as t', [
      CHANNEL,
      texts,
    ]);
  }

  subscribe(hear: (text: string) => void, began: () => void): void {
    this.#hear = hear;
    this.#began = began;
    this.transport.listening.on('lost', this.#listenAgain);
    void this.listen();
  }

  close(): void {
    this.#hear = undefined;
    clearTimeout(this.#retry);
    this.transport.listening.off('lost', this.#listenAgain);
  }

  private async listen(): Promise<void> {
    clearTimeout(this.#retry);
    if (this.#hear === undefined) return;
    try {
      const client = await this.transport.listening.get();
      client.off('notification', this.#notified);
      client.on('notification', this.#notified);
      await client.query(`listen ${CHANNEL}`);
      if (this.#hear !== undefined) this.#began?.();
    } catch {
      this.#retry = setTimeout(this.#listenAgain, RETRY_MS).unref();
    }
  }

  readonly #notified = ({ channel, payload }: Notification) => {
    if (channel === CHANNEL && payload !== undefined) this.#hear?.(payload);
  };
}
