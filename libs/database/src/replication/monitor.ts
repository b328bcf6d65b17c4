import { outsideCalls } from '@tearline/seam';
import pg from 'pg';
import { addressOf } from '../server-urls.js';
import { NOTE_TIMELINE } from './timelines.js';
import { identityOf, type ServerIdentity, type ServerStatus, statusOf } from './server-status.js';

const BEAT_MS = 250;
/** A replica is left quickly, as others do its work; a primary is not: writes that it would have done fail for it. */
const PATIENCE_MS = { replica: 500, primary: 4_000 };
const CONNECT_MS = 1_000;

/** Told what a monitor finds out. */
export interface Observer {
  heard(monitor: Monitor): void;
  /** Called once when a server is gone, or gives no answer. */
  lost(monitor: Monitor, reason: string): void;
}

/** Watches one server over a connection of its own, so that a busy pool neither hides nor fakes a fault. */
export class Monitor {
  readonly address: string;
  /** Undefined while the server cannot be reached. */
  status: ServerStatus | undefined;
  identity: ServerIdentity | undefined;
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #asking: Promise<ServerStatus> | undefined;
  #next: Promise<ServerStatus> | undefined;
  #askedAt = 0;
  #lastBeat = 0;
  #isLost = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly url: string,
    private readonly observer: Observer,
  ) {
    this.address = addressOf(url);
  }

  /** Resolves when the server has been reached once, or could not be. */
  start(): Promise<void> {
    return outsideCalls(() => {
      this.#lastBeat = performance.now();
      this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref();
      return this.#connect();
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#connecting;
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    // A server that hangs does not answer a good-bye.
    const late = setTimeout(() => streamOf(client).destroy(), CONNECT_MS);
    await client.end().catch(() => undefined);
    clearTimeout(late);
  }

  /**
   * What the server says to a question that is put after this call: an answer that is under way may be older than
   * what the caller wants to know. Those who ask meanwhile share one question.
   * @throws Error when the server is not there
   */
  ask(): Promise<ServerStatus> {
    if (!this.#asking) return this.#ask();
    return (this.#next ??= this.#asking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#asking ?? this.#ask();
      }));
  }

  /** Writes down that the server is a primary on this timeline. */
  async noteTimeline(timeline: number): Promise<void> {
    if (!this.#client || !this.identity) throw new Error(`${this.address} cannot be reached`);
    await this.#client.query(NOTE_TIMELINE, [this.identity.cluster, timeline]);
  }

  /** Somebody had trouble with the server: looks at once instead of at the next beat. */
  check(): void {
    if (this.#client && !this.#asking) outsideCalls(() => void this.#ask().catch(() => undefined));
  }

  #ask(): Promise<ServerStatus> {
    const client = this.#client;
    if (!client || !this.identity) return Promise.reject(new Error(`${this.address} cannot be reached`));
    this.#askedAt = performance.now();
    const asking = statusOf(client, this.identity).then(
      (status) => {
        if (this.#client !== client) throw new Error(`${this.address} was lost`);
        this.#asking = undefined;
        this.status = status;
        this.#isLost = false;
        this.observer.heard(this);
        return status;
      },
      (error: unknown) => {
        if (this.#asking === asking) this.#asking = undefined;
        if (this.#client === client) this.#lose(error instanceof Error ? error.message : String(error));
        throw error;
      },
    );
    return (this.#asking = asking);
  }

  #beat(): void {
    const now = performance.now();
    // This process itself was held up, and the answer may lie before it unread.
    const wasHeldUp = now - this.#lastBeat > 2 * BEAT_MS;
    this.#lastBeat = now;
    if (!this.#client) void this.#connect();
    else if (!this.#asking) void this.#ask().catch(() => undefined);
    else if (!wasHeldUp && now - this.#askedAt > this.#patience) this.#lose('gives no answer');
  }

  get #patience(): number {
    return this.status?.isStandby === false ? PATIENCE_MS.primary : PATIENCE_MS.replica;
  }

  #connect(): Promise<void> {
    return (this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined)));
  }

  async #open(): Promise<void> {
    const options: pg.ClientConfig & { pipeline: boolean } = {
      connectionString: this.url,
      application_name: 'tearline monitor',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      pipeline: true,
    };
    const client = new pg.Client(options);
    // The same happens to what is asked over it.
    client.on('error', () => undefined);
    client.once('end', () => {
      if (this.#client === client) this.#lose('closed its connection');
    });
    const late = setTimeout(() => streamOf(client).destroy(), 2 * CONNECT_MS);
    try {
      await client.connect();
      this.identity = await identityOf(client);
      if (!this.#timer) throw new Error('stopped');
      this.#client = client;
      await this.#ask();
    } catch (error) {
      streamOf(client).destroy();
      this.#client = undefined;
      if (this.#timer) this.#report(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(late);
    }
  }

  #lose(reason: string): void {
    const client = this.#client;
    this.#client = undefined;
    this.status = undefined;
    this.#asking = undefined;
    if (client) streamOf(client).destroy();
    this.#report(reason);
  }

  #report(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.observer.lost(this, reason);
  }
}

/** pg has it, but its types do not tell. */
export function streamOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
