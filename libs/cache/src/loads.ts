import {
  CallContext,
  Consistency,
  currentCall,
  type PositionsByModule,
  runCall,
  runOutsideCall,
} from '@tearline/seam';
import type { CacheDefinition } from './cache-definition.js';
import { Entry } from './entry.js';
import type { InvalidationLog } from './invalidation-log.js';
import { LoadWatermark } from './load-watermark.js';
import type { MemoryStore } from './memory-store.js';
import { moduleOf, positionOf, type Tag, type VersionedTag } from './tag-version.js';

/** An entry to load. */
export interface Wanted<T> {
  readonly cache: CacheDefinition<T>;
  readonly key: string;
  /** The tags that the key implies. */
  readonly tags: readonly Tag[];
}

/** A value with all its tags; null when there is none. */
export interface LoadedValue<T> {
  readonly value: T | null;
  readonly tags: Iterable<Tag>;
}

const LOAD_TIMEOUT_MS = 10_000;

/** Runs loads, and makes entries of the values that they give. */
export class Loads {
  constructor(
    private readonly memory: MemoryStore,
    private readonly invalidations: InvalidationLog,
  ) {}

  /**
   * Loads values from their module, and stores them in memory unless they are made of degraded answers.
   * @param required the positions that the caller must see
   * @param load gives a value for each of `wanted`
   */
  async run<T>(
    wanted: readonly Wanted<T>[],
    required: PositionsByModule,
    load: () => Promise<readonly LoadedValue<T>[]>,
  ): Promise<Entry<T>[]> {
    const startedAt = this.invalidations.sequence;
    const startedAtMs = Date.now();
    const knownVersions = this.#knownVersions(wanted);
    const watermark = new LoadWatermark();
    const context = loadContext(required, knownVersions, watermark);
    let values: readonly LoadedValue<T>[];
    try {
      values = await runCall(context, load);
    } finally {
      context.memory?.close();
    }
    const { degraded } = context.consistency;
    const readPositions = watermark.toWire();
    return wanted.map(({ cache, key }, at) => {
      const { value, tags: all } = values[at]!;
      const tags = new Set(all);
      const versionsAtLoad = knownVersions.filter(
        ([tag, version]) => tags.has(tag) && version === this.invalidations.latest(tag),
      );
      // Jitter keeps entries that were loaded together from expiring together.
      const ttlMs = value === null ? cache.negativeTtlMs : cache.ttlMs * (0.85 + 0.3 * Math.random());
      // A value lasts no longer than the cached answers that it is made of, so that their ages do not add up.
      const freshUntil = Math.min(Math.round(startedAtMs + ttlMs), watermark.freshUntil);
      const staleMs = value === null ? 0 : cache.staleWhileRevalidateMs;
      const entry = new Entry(cache, key, JSON.stringify(value), {
        readPositions,
        tags: [...tags],
        versionsAtLoad: Object.fromEntries(versionsAtLoad),
        freshUntil,
        staleUntil: Math.min(freshUntil + staleMs, watermark.freshUntil),
      });
      entry.degraded = degraded;
      if (!degraded) this.memory.set(entry, startedAt);
      return entry;
    });
  }

  /**
   * A load adds tags only while it runs. Those of the previous entries tell which invalidations it must see.
   */
  #knownVersions(wanted: readonly Wanted<unknown>[]): VersionedTag[] {
    const tags = new Set(
      wanted.flatMap(({ key, tags: implied }) => [
        ...implied,
        ...(this.memory.get(key)?.metadata.tags ?? []),
      ]),
    );
    return [...tags].flatMap((tag): VersionedTag[] => {
      const version = this.invalidations.latest(tag);
      return version === undefined ? [] : [[tag, version]];
    });
  }
}

/**
 * Returns a call context of the load's own, because several readers share it: without a principal, and not cancelled with the
 * first reader. It requires what that reader must see, and the known invalidations.
 */
function loadContext(
  required: PositionsByModule,
  knownVersions: readonly VersionedTag[],
  readWatermark: LoadWatermark,
): CallContext {
  const positions = knownVersions.map(([tag, version]) => [moduleOf(tag), positionOf(version)] as const);
  const isUnknown = positions.some(([, position]) => position === undefined);
  const consistency = new Consistency(isUnknown ? 'strong' : 'session', required);
  consistency.isComplete = true;
  for (const [module, position] of positions) if (position) consistency.observe([[module, position]]);
  const call = currentCall();
  const { requestId = 'cache', traceparent, span } = call ?? {};
  const memory = call?.memory?.openAnother();
  const deadline = performance.now() + LOAD_TIMEOUT_MS;
  return runOutsideCall(
    () => new CallContext({ requestId, traceparent, span, deadline, consistency, readWatermark, memory }),
  );
}
