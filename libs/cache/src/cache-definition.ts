import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a cache holds, and for how long. */
export interface CacheDefinitionOptions<T> {
  /** The shape of the values. Another shape gives other keys, so a release never reads the entries of a different one. */
  readonly schema: z.ZodType<T>;
  /** The modules whose data the values are made of. */
  readonly modules: readonly string[];
  /** To be incremented when values keep their shape but change their meaning; 1 by default. */
  readonly formatVersion?: number;
  /** Milliseconds for which an entry is fresh; 30,000 by default. In Redis it stays for 100,000 at most. */
  readonly ttlMs?: number;
  /** Milliseconds after that in which readers still get the entry while it is reloaded; 10,000 by default. */
  readonly staleWhileRevalidateMs?: number;
  /** Milliseconds for which the absence of a value is cached; 2,000 by default. */
  readonly negativeTtlMs?: number;
}

/** One named cache: the values of one kind. */
export interface CacheDefinition<T> extends Required<CacheDefinitionOptions<T>> {
  /** `<module>.<values>`; the label `cache` of the metrics. */
  readonly name: string;
  readonly keyPrefix: string;
}

const DEFAULTS = { formatVersion: 1, ttlMs: 30_000, staleWhileRevalidateMs: 10_000, negativeTtlMs: 2_000 };

/**
 * Declares a cache.
 * @param name `<module>.<values>`, e.g. `articles.one`
 * @example const ONE = defineCache('articles.one', { schema: ArticleBody, modules: ['articles', 'identity'] });
 */
export function defineCache<T>(name: string, options: CacheDefinitionOptions<T>): CacheDefinition<T> {
  const complete = { ...DEFAULTS, ...options };
  const jsonSchema = z.toJSONSchema(options.schema, { unrepresentable: 'any' });
  const shape = JSON.stringify([complete.formatVersion, jsonSchema]);
  const hash = createHash('sha256').update(shape).digest('base64url').slice(0, 12);
  return { ...complete, name, keyPrefix: `${name}:${hash}:` };
}
