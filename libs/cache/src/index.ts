export { type CacheModuleOptions, CacheModule } from './cache.module.js';
export { CACHE_MODES, cacheSettings } from './cache-settings.js';
export { type CacheDefinition, type CacheDefinitionOptions, defineCache } from './cache-definition.js';
export { type Loader } from './cache-request.js';
export { type Broadcaster } from './invalidator.js';
export { ReadCache } from './read-cache.js';
export { type Tag } from './tag-version.js';
