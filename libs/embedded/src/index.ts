export { DataServer } from './data-server.js';
export { EmbeddedReplica } from './embedded-replica.js';
export { embeddedUrl } from './embedded-url.js';
export { resetEmbedded } from './reset-embedded.js';
export { startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './start-embedded.js';
