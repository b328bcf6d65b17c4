import { setTimeout as pause } from 'node:timers/promises';
import type { Rig } from './rig.js';

const WRITERS = 8;
const AGGREGATES = 20;
const NOBODY_THERE_MS = 50;
const PATIENCE_MS = 15_000;

/** Entries are told apart in all of a process's runs. */
let entries = 0;

/** Writers at a constant pace, who remember what they were answered. */
export class Load {
  /** What was answered with success. */
  readonly acknowledged = new Set<number>();
  /** What was answered otherwise, or not at all: there or not. */
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
    private readonly rig: Rig,
    private readonly name: string,
    private readonly rate: number,
  ) {
    this.#writers = Array.from({ length: WRITERS }, () => this.write());
  }

  /** Resolves when the last answer is there. */
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
      if (url === undefined) await pause(NOBODY_THERE_MS);
      else await this.enter(url);
      const took = performance.now() - begun;
      if (url !== undefined) this.slowest = Math.max(this.slowest, took);
      await pause(Math.max(0, interval * (0.5 + Math.random()) - took));
    }
  }

  /** The hosts in turn, as a balancer does. */
  private nextHost(): string | undefined {
    const urls = this.rig.ofRole('host').flatMap(({ url }) => (url === undefined ? [] : [url]));
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
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      (status === 204 ? this.acknowledged : this.unknown).add(n);
    } catch {
      this.unknown.add(n);
    }
  }
}
