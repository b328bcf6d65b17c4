import { join } from 'node:path';
import type { Database } from '../kit/database.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { DATABASE_CONNECTIONS } from './hosts.js';

/** Servers that the monolith is compared with, on the same core. */
export interface Baselines {
  /** node:http and the owner's statements over all schemas. */
  readonly raw: ServerProcess;
  /** Nest on Fastify with ready-made responses. */
  readonly prebuilt: ServerProcess;
}

export async function startBaselines(
  { database, core, dir }: { database: Database; core: string | undefined; dir: string },
  cleanup: AsyncDisposableStack,
): Promise<Baselines> {
  const start = (name: keyof Baselines) =>
    startServer(
      {
        entry: join(import.meta.dirname, `baselines/${name}.js`),
        env: { DATABASE_URL: database.ownerUrl, DATABASE_CONNECTIONS },
        log: join(dir, `${name}.log`),
        core,
      },
      cleanup,
    );
  return { raw: await start('raw'), prebuilt: await start('prebuilt') };
}
