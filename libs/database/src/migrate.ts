import { DataSource, type MigrationInterface } from 'typeorm';
import { connectToPrimary } from './connect-to-primary.js';
import { createIdempotencyKeys } from './idempotency-keys.js';
import { createTimelines } from './replication/timelines.js';
import { grantPrivileges, createSchemaAndRole } from './roles.js';
import type { ModuleData } from './module-data.js';

/** An arbitrary number, the same for all migrations of a database. */
const ADVISORY_LOCK = 7_365_627;

/** One module's data, and the URL with its role and password. */
export interface MigrationTarget {
  readonly data: ModuleData;
  readonly url: string;
}

/**
 * Brings every module's schema up to date, as the owner: schema, role, privileges and pending migrations. An advisory
 * lock serializes concurrent processes.
 * @param ownerUrl a role that may create schemas and roles, used for migrations only
 * @param log receives a line for each migration that ran
 * @returns the number of migrations that ran
 */
export async function migrate(
  ownerUrl: string,
  targets: readonly MigrationTarget[],
  log: (line: string) => void = () => undefined,
): Promise<number> {
  const { owner, url: writable } = await connectToPrimary(ownerUrl);
  try {
    await owner.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    let count = 0;
    for (const { data, url } of targets) {
      await createSchemaAndRole(owner, data.schema, url);
      const names = await runMigrations(writable, data.schema, [
        createIdempotencyKeys(data.schema),
        createTimelines(data.schema),
        ...(await data.migrations()),
      ]);
      for (const name of names) log(`${data.schema}: ${name}`);
      count += names.length;
      await grantPrivileges(owner, data.schema, url);
    }
    return count;
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
