import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What is kept, and for how long. */
export interface CachedOptions<T> {
  /** The shape of the values; another one is another cache, so that a release cannot read what a former one has kept. */
  readonly schema: z.ZodType<T>;
  /** The modules whose data the values are made of. */
  readonly of: readonly string[];
  /** Goes up when values of one shape come to mean something else. */
  readonly version?: number;
  /** Milliseconds after which a value is fetched anew even though nobody said that it has changed; 30,000 by default. */
  readonly freshMs?: number;
  /** Milliseconds after that in which it is still given out, once it is being fetched; 10,000 by default. */
  readonly staleMs?: number;
  /** Milliseconds for which it is remembered that there is nothing; 2,000 by default. */
  readonly absentMs?: number;
}

/** One kind of value that is kept. */
export interface Cached<T> extends Required<CachedOptions<T>> {
  /** `<module>.<what>`, for metrics. */
  readonly name: string;
  /** What its keys begin with. */
  readonly prefix: string;
}

/**
 * Declares what may be kept.
 * @param name `<module>.<what>`, e.g. `articles.one`
 * @example const ONE = cached('articles.one', { schema: ArticleBody, of: ['articles', 'identity'] });
 */
export function cached<T>(name: string, options: CachedOptions<T>): Cached<T> {
  const { version = 1, freshMs = 30_000, staleMs = 10_000, absentMs = 2_000 } = options;
  const shape = JSON.stringify([version, z.toJSONSchema(options.schema, { unrepresentable: 'any' })]);
  const hash = createHash('sha256').update(shape).digest('base64url').slice(0, 12);
  return { ...options, version, freshMs, staleMs, absentMs, name, prefix: `${name}:${hash}:` };
}
