import { z } from 'zod';

export const CACHE_MODES = ['on', 'memory', 'off'] as const;

/** The environment variables of the cache, for `readSettings`. */
export const cacheSettings = {
  /** `on`: memory, and Redis where `REDIS_URL` is set; `memory`: memory alone; `off`: no cache. */
  CACHE: z.enum(CACHE_MODES, { error: `must be one of ${CACHE_MODES.join(', ')}` }).optional(),
  /** Size of the cache in the memory of a process, in MiB. */
  CACHE_MIB: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, { error: 'must be a whole number of MiB, from 1' })
    .transform(Number)
    .default(64),
};
