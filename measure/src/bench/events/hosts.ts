import { join } from 'node:path';
import { MODULES } from '../../kit/database.js';
import type { ServerProcess } from '../../kit/server-process.js';
import { type Bench, SERVICE } from '../bench.js';

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

/**
 * Starts the hosts. They share the cores, since several of them take part in one event.
 * @param redisUrl undefined where the queues are in PostgreSQL
 */
export async function startHosts(bench: Bench, redisUrl: string | undefined): Promise<Hosts> {
  const start = (name: string, entry: string, env: Record<string, string>) =>
    bench.startHost({ name, entry, env: { REDIS_URL: redisUrl, ...env } });
  return {
    subscribed: await start('subscribed', API, { DATABASE_CONNECTIONS: '20' }),
    unsubscribed: await start('unsubscribed', API, { DATABASE_CONNECTIONS: '20', SUBSCRIBERS: 'none' }),
    worker: await start('worker', SERVICE, { HOST_MODULES: MODULES.join(), HOST_ROLES: 'jobs' }),
  };
}
