/**
 * Connections that a process opens at most to a PostgreSQL which holds the queues, whatever it runs: one of them listens,
 * fetching and confirming work are short statements.
 */
export const MAX_BROKER_CONNECTIONS = 5;
