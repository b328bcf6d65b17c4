import { join } from 'node:path';
import type { Cleanup } from '../kit/cleanup.js';
import type { Database } from '../kit/database.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { DATABASE_CONNECTIONS } from './monolith.js';

export interface Yardsticks {
  /** node:http and the owner's statements over all schemas. */
  readonly raw: ServerProcess;
  /** Nest on Fastify with ready-made answers. */
  readonly prebuilt: ServerProcess;
}

export interface YardstickOptions {
  readonly database: Database;
  readonly core: number | undefined;
  /** For what they write. */
  readonly dir: string;
}

/** Starts one yardstick. */
export function startYardstick(
  name: keyof Yardsticks,
  { database, core, dir }: YardstickOptions,
): Promise<ServerProcess> {
  return startServer({
    command: [join(import.meta.dirname, `yardsticks/${name}.js`)],
    env: { DATABASE_URL: database.ownerUrl, DATABASE_CONNECTIONS },
    log: join(dir, `${name}.log`),
    core,
  });
}

/** Starts what the monolith is held against, on its core: whoever is not loaded costs nothing there. */
export async function startYardsticks(options: YardstickOptions, cleanup: Cleanup): Promise<Yardsticks> {
  const start = async (name: keyof Yardsticks) => {
    const server = await startYardstick(name, options);
    cleanup.add(server.stop);
    return server;
  };
  return { raw: await start('raw'), prebuilt: await start('prebuilt') };
}
