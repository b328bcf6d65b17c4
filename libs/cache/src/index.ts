export { type CacheOptions, CacheModule } from './cache.module.js';
export { CACHE_MODES, cacheSettings } from './cache-settings.js';
export { type Cached, cached, type CachedOptions } from './cached.js';
export { type Load } from './fetching.js';
export { type Broadcaster } from './broadcaster.js';
export { ReadCache } from './read-cache.js';
export { type Tag } from './stamp.js';
