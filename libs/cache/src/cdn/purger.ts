import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type CallContext, currentCall, runOutsideCall } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { surrogateKeys } from '../surrogate-keys.js';
import type { Tag } from '../tag-version.js';
import type { CdnOptions } from './cdn-settings.js';
import { EdgeCache } from './edge-cache.js';

const DELETE_INTERVAL_MS = 20;

/** The arguments of `insert into purges (edge, id, keys) select unnest($1::text[]), $2, $3`. */
export type PurgeArguments = [edges: readonly string[], id: string, keys: string];

/** What a transaction of a call has recorded; it may not have committed. */
interface Recorded {
  readonly id: string;
  readonly keys: readonly string[];
}

/** Acknowledged purges whose rows are to be deleted. */
interface Acknowledged {
  readonly edges: string[];
  readonly ids: string[];
}

/**
 * Purges the edge caches when data changes. The change records its purge in its own transaction, and after the commit its
 * process sends it and deletes the record. What it does not get to, because it ends or the edge cache does not answer, the
 * {@link PurgeSweep} of any process of the module does.
 */
export class Purger {
  readonly #logger = new Logger('Cdn');
  readonly edges: readonly EdgeCache[];
  readonly #urls: readonly string[];
  readonly #waitMs: number;
  readonly #recorded = new WeakMap<CallContext, readonly Recorded[]>();
  readonly #databases = new Map<string, DataSource>();
  readonly #acknowledged = new Map<DataSource, Acknowledged>();

  /** @param options undefined when there is no edge cache */
  constructor(options: CdnOptions | undefined) {
    this.edges = options?.urls.map((url) => new EdgeCache(url, options.secret)) ?? [];
    this.#urls = this.edges.map(({ url }) => url);
    this.#waitMs = options?.waitMs ?? 0;
  }

  get isEnabled(): boolean {
    return this.edges.length > 0;
  }

  /** Lets the process delete the records of a module. */
  register(module: string, database: DataSource): void {
    this.#databases.set(module, database);
  }

  /** See {@link ReadCache.purgeArguments}. */
  arguments(tags: readonly Tag[]): PurgeArguments {
    const id = randomUUID();
    if (!this.isEnabled) return [[], id, ''];
    const call = currentCall();
    const keys = surrogateKeys(tags);
    if (call) this.#recorded.set(call, [...(this.#recorded.get(call) ?? []), { id, keys: keys.split(' ') }]);
    return [this.#urls, id, keys];
  }

  /** See {@link ReadCache.record}. */
  async record(manager: Pick<EntityManager, 'query'>, tags: readonly Tag[]): Promise<void> {
    if (!this.isEnabled) return;
    await manager.query(
      'insert into purges (edge, id, keys) select unnest($1::text[]), $2, $3',
      this.arguments(tags),
    );
  }

  /** Sends the purge of a committed change. Resolves when all edge caches have acknowledged it, or do not in time; never rejects. */
  async purge(module: string, tags: readonly Tag[]): Promise<void> {
    if (!this.isEnabled) return;
    const call = currentCall();
    const keys = surrogateKeys(tags).split(' ');
    const id = call && this.#takeRecorded(call, keys);
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#waitMs);
    const acknowledged = runOutsideCall(() =>
      Promise.all(this.edges.map((edge) => this.#purgeEdge(edge, module, keys, id))),
    );
    await Promise.race([acknowledged, isLate]);
    clearTimeout(timer);
  }

  close(): void {
    for (const edge of this.edges) edge.close();
  }

  async #purgeEdge(
    edge: EdgeCache,
    module: string,
    keys: readonly string[],
    id: string | undefined,
  ): Promise<void> {
    try {
      await edge.purge(keys);
    } catch (error) {
      // The sweep repeats it, and reports an edge cache that stays away.
      this.#logger.debug({ msg: 'a purge was not acknowledged', edge: edge.url, err: error });
      return;
    }
    const database = this.#databases.get(module);
    if (database && id !== undefined) this.#deleteSoon(database, edge.url, id);
  }

  /**
   * Returns the record that a purge of these keys fulfils. Of several, one may belong to a transaction of this call that commits
   * later, and needs a purge after that: the sweep repeats them all.
   */
  #takeRecorded(call: CallContext, keys: readonly string[]): string | undefined {
    const recorded = this.#recorded.get(call) ?? [];
    const isFulfilled = (each: Recorded) => each.keys.every((key) => keys.includes(key));
    const fulfilled = recorded.filter(isFulfilled);
    this.#recorded.set(
      call,
      recorded.filter((each) => !isFulfilled(each)),
    );
    return fulfilled.length === 1 ? fulfilled[0]!.id : undefined;
  }

  #deleteSoon(database: DataSource, edge: string, id: string): void {
    let acknowledged = this.#acknowledged.get(database);
    if (!acknowledged) {
      this.#acknowledged.set(database, (acknowledged = { edges: [], ids: [] }));
      setTimeout(() => void this.#deleteAcknowledged(database), DELETE_INTERVAL_MS).unref();
    }
    acknowledged.edges.push(edge);
    acknowledged.ids.push(id);
  }

  async #deleteAcknowledged(database: DataSource): Promise<void> {
    const { edges, ids } = this.#acknowledged.get(database)!;
    this.#acknowledged.delete(database);
    try {
      // The commit need not wait for the disk: what a crash of PostgreSQL undoes is purged once more.
      await database.query(
        `with async_commit as materialized (select set_config('synchronous_commit', 'off', true))
         delete from purges using async_commit, unnest($1::text[], $2::uuid[]) as a (edge, id)
         where purges.edge = a.edge and purges.id = a.id`,
        [edges, ids],
      );
    } catch (error) {
      this.#logger.debug({ msg: 'records of purges stay: they are purged once more', err: error });
    }
  }
}
