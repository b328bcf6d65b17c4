/** Connections to the database of each module of a process. */
export const CONNECTIONS_PER_MODULE = 5;

/** As in production, except for limits that one user who uploads continuously would exceed. */
export const LOAD_SETTINGS = {
  LOG_LEVEL: 'info',
  MEDIA_UPLOADS_PER_MINUTE: '1000000',
  MEDIA_BYTES_PER_USER: `${10 ** 11}`,
  MEDIA_CONCURRENT_UPLOADS: '1000',
};
