import { DataSource, type MigrationInterface } from 'typeorm';
import { connectToPrimary } from './connect-to-primary.js';
import { createIdempotencyKeys } from './idempotency-keys.js';
import { createTimelines } from './replication/timelines.js';
import { grantPrivileges, createSchemaAndRole } from './roles.js';
import type { ModuleData } from './module-data.js';

/** Any number will do, as long as everybody who migrates this database takes the same. */
const ADVISORY_LOCK = 7_365_627;

/** One module's data, and the URL whose role and password it gets. */
export interface MigrationTarget {
  readonly data: ModuleData;
  readonly url: string;
}

/**
 * Brings every module's schema up to date, as the owner: schema, role, rights, then the migrations that have not
 * run yet. An advisory lock lets one process do it at a time; the others wait, and find nothing left to do.
 * @param ownerUrl a role that may create schemas and roles; nothing else ever uses it
 * @param log told of each migration that ran
 * @returns how many migrations ran
 */
export async function migrate(
  ownerUrl: string,
  targets: readonly MigrationTarget[],
  log: (line: string) => void = () => undefined,
): Promise<number> {
  const { owner, url: writable } = await connectToPrimary(ownerUrl);
  try {
    await owner.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    let ran = 0;
    for (const { data, url } of targets) {
      await createSchemaAndRole(owner, data.schema, url);
      const names = await runMigrations(writable, data.schema, [
        createIdempotencyKeys(data.schema),
        createTimelines(data.schema),
        ...(await data.migrations()),
      ]);
      for (const name of names) log(`${data.schema}: ${name}`);
      ran += names.length;
      await grantPrivileges(owner, data.schema, url);
    }
    return ran;
  } finally {
    await owner.end();
  }
}

async function runMigrations(
  url: string,
  schema: string,
  migrations: readonly (new () => MigrationInterface)[],
): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url,
    schema,
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    applicationName: 'tearline migrate',
    poolSize: 2,
  });
  await source.initialize();
  try {
    return (await source.runMigrations({ transaction: 'each' })).map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}
