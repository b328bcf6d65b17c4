/** Connections to the database of each module of a process. */
export const CONNECTIONS_PER_MODULE = 5;

/** As in production, except for limits that one client with all the load, or one user who uploads continuously, would exceed. */
export const LOAD_SETTINGS = {
  LOG_LEVEL: 'info',
  CONNECTIONS_PER_ADDRESS: '1000000',
  WRITES_PER_MINUTE: '1000000',
  MEDIA_UPLOADS_PER_MINUTE: '1000000',
  MEDIA_BYTES_PER_USER: `${10 ** 11}`,
  MEDIA_CONCURRENT_UPLOADS: '1000',
};
