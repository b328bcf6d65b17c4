import { numberSetting, oneOfSetting } from '@tearline/settings';

export const CACHE_MODES = ['on', 'memory', 'off'] as const;

/** The settings of the cache. */
export const cacheSettings = {
  CACHE: oneOfSetting(...CACHE_MODES)
    .optional()
    .meta({
      description:
        '`on`: memory, and Redis where `REDIS_URL` is set; `memory`: memory alone; `off` ([Caching](caching.md))',
      defaultText: '`on`; in a split without Redis `off`',
    }),
  CACHE_MIB: numberSetting(1, 99_999)
    .default(64)
    .meta({ description: 'size of the cache in the memory of a process, in MiB' }),
};
