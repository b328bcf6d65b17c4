export { PostgresServer } from './postgres-server.js';
export { EmbeddedReplica } from './embedded-replica.js';
export { resetEmbedded } from './reset-embedded.js';
export { embeddedUrl, startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './start-embedded.js';
export { claimFolder, type ClaimedFolder } from './claim-folder.js';
