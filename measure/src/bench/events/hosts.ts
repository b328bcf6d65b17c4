import { join } from 'node:path';
import { type Database, MODULES } from '../../kit/database.js';
import type { Keys } from '../../kit/samples.js';
import type { ServerProcess } from '../../kit/server-process.js';
import { SERVICE, startHost } from '../hosts.js';

const API = join(import.meta.dirname, 'host.js');

/** The processes that run while events are measured. */
export interface Hosts {
  /** Publishes to notifications and media. */
  readonly subscribed: ServerProcess;
  /** Publishes to no subscribers. */
  readonly unsubscribed: ServerProcess;
  /** Handles the events of `subscribed`. */
  readonly worker: ServerProcess;
}

/** Starts the hosts. They share the cores, since several of them take part in one event. */
export async function startHosts(
  options: {
    readonly database: Database;
    readonly keys: Keys;
    readonly dir: string;
    /** Undefined where the queues are in PostgreSQL. */
    readonly redisUrl: string | undefined;
  },
  cleanup: AsyncDisposableStack,
): Promise<Hosts> {
  const { redisUrl, ...common } = options;
  const start = (name: string, entry: string, env: Record<string, string>) =>
    startHost({ ...common, name, entry, env: { REDIS_URL: redisUrl, ...env } }, cleanup);
  return {
    subscribed: await start('subscribed', API, { DATABASE_CONNECTIONS: '20' }),
    unsubscribed: await start('unsubscribed', API, { DATABASE_CONNECTIONS: '20', SUBSCRIBERS: 'none' }),
    worker: await start('worker', SERVICE, { HOST_MODULES: MODULES.join(), HOST_ROLES: 'jobs' }),
  };
}
