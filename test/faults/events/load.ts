import { setTimeout as pause } from 'node:timers/promises';
import type { TestEnvironment } from './test-environment.js';

const WRITERS = 8;
const AGGREGATES = 20;
const NO_HOST_PAUSE_MS = 50;
const REQUEST_TIMEOUT_MS = 15_000;

/** Numbers of entries are unique in a process. */
let entries = 0;

/** Writers at a constant rate that record the responses. */
export class Load {
  /** Entries whose request succeeded. */
  readonly acknowledged = new Set<number>();
  /** Entries whose request failed: committed or not. */
  readonly unknown = new Set<number>();
  /** Milliseconds of the slowest answer. */
  slowest = 0;
  #isStopped = false;
  #next = 0;
  readonly #writers: Promise<void>[];

  /**
   * @param name of the aggregates: `<name>/1` …
   * @param rate entries a second, all writers together
   */
  constructor(
    private readonly environment: TestEnvironment,
    private readonly name: string,
    private readonly rate: number,
  ) {
    this.#writers = Array.from({ length: WRITERS }, () => this.write());
  }

  /** Resolves after the last response. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writers);
  }

  private async write(): Promise<void> {
    const interval = (1000 * WRITERS) / this.rate;
    await pause(Math.random() * interval);
    while (!this.#isStopped) {
      const begun = performance.now();
      const url = this.nextHost();
      if (url === undefined) await pause(NO_HOST_PAUSE_MS);
      else await this.enter(url);
      const took = performance.now() - begun;
      if (url !== undefined) this.slowest = Math.max(this.slowest, took);
      await pause(Math.max(0, interval * (0.5 + Math.random()) - took));
    }
  }

  /** Round robin over the hosts that are up. */
  private nextHost(): string | undefined {
    const urls = this.environment.ofRole('host').flatMap(({ url }) => (url === undefined ? [] : [url]));
    this.#next += 1;
    return urls[this.#next % urls.length];
  }

  private async enter(url: string): Promise<void> {
    entries += 1;
    const n = entries;
    const aggregate = `${this.name}/${Math.ceil(Math.random() * AGGREGATES)}`;
    try {
      const { status } = await fetch(`${url}/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ aggregate, n }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      (status === 204 ? this.acknowledged : this.unknown).add(n);
    } catch {
      this.unknown.add(n);
    }
  }
}
