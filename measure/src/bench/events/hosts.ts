import { databaseUrlVariable } from '@tearline/database';
import { join } from 'node:path';
import type { Cleanup } from '../../kit/cleanup.js';
import type { Database } from '../../kit/database.js';
import type { Keys } from '../../kit/samples.js';
import { type ServerProcess, startServer } from '../../kit/server-process.js';

const HOST = join(import.meta.dirname, 'host.js');
const SERVICE = join(import.meta.dirname, '../../../../apps/service/src/main.js');

export interface HostsOptions {
  readonly database: Database;
  readonly keys: Keys;
  readonly dir: string;
  /** Undefined where the queues are in PostgreSQL. */
  readonly redisUrl: string | undefined;
}

/** What runs while events are measured. */
export interface Hosts {
  /** Publishes to notifications and media. */
  readonly told: ServerProcess;
  /** The same, if nobody subscribed. */
  readonly untold: ServerProcess;
  /** Handles what `told` publishes. */
  readonly worker: ServerProcess;
}

export async function startHosts(options: HostsOptions, cleanup: Cleanup): Promise<Hosts> {
  const { database, keys, dir, redisUrl } = options;
  const urls = Object.entries(database.urls).map(
    ([module, url]) => [databaseUrlVariable(module), url] as const,
  );
  const start = async (name: string, entry: string, env: Record<string, string>) => {
    const server = await startServer({
      command: [entry],
      env: {
        LOG_LEVEL: 'info',
        LOG_FORMAT: 'json',
        AUTH_JWKS: keys.jwks,
        IDENTITY_SIGNING_KEY: JSON.stringify(keys.signingKey),
        ...database.shared,
        ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
        ...Object.fromEntries(urls),
        ...env,
      },
      log: join(dir, `${name}.log`),
      // Several processes work on one event, so each runs where there is room.
      core: undefined,
    });
    cleanup.add(server.stop);
    return server;
  };
  return {
    told: await start('told', HOST, { DATABASE_CONNECTIONS: '20' }),
    untold: await start('untold', HOST, { DATABASE_CONNECTIONS: '20', SUBSCRIBERS: 'none' }),
    worker: await start('worker', SERVICE, {
      HOST_MODULES: Object.keys(database.urls).join(','),
      HOST_ROLES: 'jobs',
    }),
  };
}

export async function stopHosts({ told, untold, worker }: Hosts): Promise<void> {
  await Promise.all([told.stop(), untold.stop(), worker.stop()]);
}
