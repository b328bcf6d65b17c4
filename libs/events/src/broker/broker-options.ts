/** Where queues are. */
export type BrokerOptions =
  | {
      /** `redis://…` or, with TLS, `rediss://…`; with the password, and the database's number as its path. */
      readonly redisUrl: string;
    }
  | {
      /** PostgreSQL, logged in as the queues' own role, which {@link migrateQueues} makes. */
      readonly databaseUrl: string;
    };
