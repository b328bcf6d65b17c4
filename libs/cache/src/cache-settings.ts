import { z } from 'zod';

export const CACHE_MODES = ['on', 'memory', 'off'] as const;

/** The environment variables of the cache, for `readSettings`. */
export const cacheSettings = {
  /** `on`: memory, over Redis where there is one; `memory`: that alone; `off`: everything is read where it is. */
  CACHE: z.enum(CACHE_MODES, { error: `must be one of ${CACHE_MODES.join(', ')}` }).optional(),
  /** MiB that the cache of a process may take in memory. */
  CACHE_MIB: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, { error: 'must be a whole number of MiB, from 1' })
    .transform(Number)
    .default(64),
};
