import { createHash } from 'node:crypto';
import type { AnswerPolicy } from '@tearline/seam';
import { z } from 'zod';
import type { CacheDefinition } from './cache-definition.js';

/** By how much jitter may lengthen the life of an entry. */
const MAX_JITTER = 1.15;

/**
 * Returns the cache of the answers to one query. The seam validates them when it decodes them. Jitter only shortens their life: the
 * contract says how old they may become.
 */
export function answerDefinition(policy: AnswerPolicy): CacheDefinition<unknown> {
  const { contract, method, keptFor, absentFor, shape } = policy;
  const name = `${contract}.${method}`;
  const hash = createHash('sha256').update(shape).digest('base64url').slice(0, 12);
  return {
    name,
    keyPrefix: `answer:${name}:${hash}:`,
    schema: z.unknown(),
    modules: [contract],
    formatVersion: 1,
    ttlMs: keptFor / MAX_JITTER,
    staleWhileRevalidateMs: 0,
    negativeTtlMs: absentFor,
  };
}
