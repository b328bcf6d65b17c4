import { type PreparedDatabase, prepareDatabase } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { migrateQueues } from '@tearline/events';
import { moduleData } from '@tearline/modules';
import type { Environment } from '@tearline/settings';
import type { RunnerSettings } from './settings.js';

/** What everything else that connects has: migrations, a command line beside. */
const SPARE = 20;

/**
 * Brings the database up to date: the one that `DATABASE_URL` names, else an embedded one that lives as long as this
 * process.
 * @param connections what all hosts may open together
 */
export function databaseOf(
  settings: RunnerSettings,
  env: Environment,
  connections: number,
  log: (line: string) => void,
): Promise<PreparedDatabase> {
  return prepareDatabase({
    modules: moduleData,
    otherSchemas: settings.REDIS_URL ? {} : { queues: migrateQueues },
    env,
    isProduction: settings.NODE_ENV === 'production',
    start: () =>
      startEmbedded({
        dir: settings.TEARLINE_DIR,
        maxConnections: Math.max(100, connections + SPARE),
        replicas: settings.TEARLINE_REPLICAS,
        log,
      }),
    log,
  });
}
