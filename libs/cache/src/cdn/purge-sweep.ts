import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import { EVERY_PAGE, type EdgeCache } from './edge-cache.js';
import type { Purger } from './purger.js';

const INTERVAL_MS = 1_000;
/** Leaves a change to its own process for so long. */
const GRACE_SECONDS = 1;
/** From this many on, every page is purged instead. */
const MAX_PURGES = 5_000;
/** So many are repeated together: what is acknowledged stays done when the edge cache fails, and a stop waits for no more. */
const MAX_TOGETHER = 200;
/** An edge cache that has not heard for so long trusts no page that is older than this; see the guide. */
export const MAX_STALENESS_SECONDS = 10;
/** What is said of now may take so long to arrive. */
const TRAVEL_SECONDS = 1;
/** Of an edge cache that is in no process's settings any more. */
const RETENTION = '1 day';
const RETENTION_INTERVAL_MS = 60_000;

/** Purges that an edge cache has not acknowledged. */
interface Pending {
  /** Of those that are overdue. */
  readonly ids: readonly string[] | null;
  readonly keys: readonly string[] | null;
  /** The age of the oldest one in seconds. */
  readonly lag: number | null;
}

/** Reads also those that are not overdue: until they are acknowledged, the pages that they concern are that much behind. */
const PENDING = `
  select array_agg(id) filter (where age > $2) as ids, array_agg(keys) filter (where age > $2) as keys, max(age) as lag
  from (
    select id, keys, extract(epoch from clock_timestamp() - at)::float as age from purges
    where edge = $1 order by at limit ${MAX_PURGES}
  ) oldest`;

/**
 * Repeats the purges of a module that an edge cache has not acknowledged, and tells each edge cache how far it is behind. An
 * edge cache that hears nothing, or of purges that are too old, trusts its pages no more.
 */
export class PurgeSweep {
  readonly #logger = new Logger('Cdn');
  /** One for each edge cache, so that none waits for another. */
  readonly #tasks: readonly PeriodicTask[];
  readonly #failing = new Set<EdgeCache>();
  #isStopped = false;

  constructor(
    private readonly module: string,
    private readonly database: DataSource,
    private readonly purger: Purger,
  ) {
    const sweeps = purger.edges.map(
      (edge) =>
        new PeriodicTask(`purges of '${module}' at ${edge.url}`, INTERVAL_MS, () => this.#sweep(edge)),
    );
    const retention = () => this.#deleteUnknownEdges();
    this.#tasks = [
      ...sweeps,
      new PeriodicTask(`deletion of old purges of '${module}'`, RETENTION_INTERVAL_MS, retention),
    ];
  }

  start(): void {
    for (const task of this.#tasks) {
      task.start();
      task.runWithin(0);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  async #sweep(edge: EdgeCache): Promise<void> {
    try {
      while (!this.#isStopped) {
        const [pending] = await this.database.query<[Pending]>(PENDING, [edge.url, GRACE_SECONDS]);
        edge.lags.set(this.module, pending.lag ?? 0);
        try {
          await this.#trust(edge, pending.lag ?? 0);
        } finally {
          if (pending.ids && !this.#isStopped) await this.#repeat(edge, pending.ids, pending.keys!);
        }
        if (!pending.ids) break;
      }
      if (this.#failing.delete(edge)) this.#logger.log(`${edge.url} acknowledges purges again`);
    } catch (error) {
      if (this.#failing.has(edge)) return;
      this.#failing.add(edge);
      this.#logger.warn({
        msg: `purges of '${this.module}' wait for ${edge.url}; meanwhile it sends nothing older than ${MAX_STALENESS_SECONDS} s`,
        err: error,
      });
    }
  }

  /** Deletes each only after this edge cache has acknowledged it. */
  async #repeat(edge: EdgeCache, ids: readonly string[], keys: readonly string[]): Promise<void> {
    if (ids.length === MAX_PURGES) {
      await edge.purge([EVERY_PAGE]);
      await this.#delete(edge, ids);
      return;
    }
    for (let from = 0; from < ids.length && !this.#isStopped; from += MAX_TOGETHER) {
      const to = from + MAX_TOGETHER;
      await edge.purge(keys.slice(from, to).flatMap((each) => each.split(' ')));
      await this.#delete(edge, ids.slice(from, to));
    }
  }

  async #delete(edge: EdgeCache, ids: readonly string[]): Promise<void> {
    await this.database.query('delete from purges where edge = $1 and id = any($2::uuid[])', [edge.url, ids]);
  }

  async #deleteUnknownEdges(): Promise<void> {
    await this.database.query(
      `delete from purges where at < now() - interval '${RETENTION}' and edge <> all($1)`,
      [this.purger.edges.map(({ url }) => url)],
    );
  }

  async #trust(edge: EdgeCache, lag: number): Promise<void> {
    const seconds = MAX_STALENESS_SECONDS - TRAVEL_SECONDS - lag;
    if (seconds > 0) await edge.trust(this.module, seconds);
  }
}
