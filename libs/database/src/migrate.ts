import type pg from 'pg';
import { DataSource, MigrationExecutor, type MigrationInterface } from 'typeorm';
import { connectToPrimary } from './connect-to-primary.js';
import { createDeploymentTables } from './deployment/deployment-tables.js';
import {
  type DeploymentChange,
  establishDeployment,
  identityFor,
} from './deployment/establish-deployment.js';
import { createIdempotencyKeys } from './idempotency-keys.js';
import { LOCK_TIMEOUT_MS, MIGRATION_APPLICATION } from './lock-waits.js';
import { withMigrationLock } from './migration-lock.js';
import type { ModuleData } from './module-data.js';
import { placedHere } from './placement/placed-here.js';
import { createPlacement, findPlacement } from './placement/placements.js';
import { restrictPublic } from './public-privileges.js';
import { createTimelines } from './replication/timelines.js';
import {
  assertNoForeignSchema,
  createRole,
  createSchemaAndRole,
  grantPrivileges,
  noteFormerRoles,
} from './roles.js';
import { sessionUrl } from './session-url.js';

/** One module's data, and the URL with its role and password. */
export interface MigrationTarget {
  readonly data: ModuleData;
  readonly url: string;
}

export interface MigrateOptions {
  /** What happens to the identity of the deployment; by default it stays. */
  readonly deployment?: DeploymentChange | undefined;
  /** The owner's URL of another database of the same deployment, whose identity and keys this one gets. */
  readonly deploymentUrl?: string | undefined;
  /** Milliseconds for which attempts go on that do not get a lock; 120,000 by default. */
  readonly giveUpAfterMs?: number | undefined;
}

/**
 * Migrates a schema that belongs to no module, and grants its privileges to a role that exists. Returns the number of
 * migrations that ran.
 */
export type SchemaMigrator = (owner: pg.Client, role: string, log: (line: string) => void) => Promise<number>;

/**
 * Brings every module's schema up to date, as the owner: schema, role, privileges and pending migrations. Concurrent
 * processes wait for each other. A migration waits only briefly for a lock, and is repeated, so that requests do not wait
 * behind it.
 * @param ownerUrl a role that may create schemas and roles, used for migrations only
 * @param log receives a line for each migration that ran
 * @returns the number of migrations that ran
 */
export function migrate(
  ownerUrl: string,
  targets: readonly MigrationTarget[],
  log: (line: string) => void = () => undefined,
  options: MigrateOptions = {},
): Promise<number> {
  const ran: string[] = [];
  const onRan = (name: string) => {
    ran.push(name);
    log(name);
  };
  const work = (owner: pg.Client, writable: string) =>
    withOther(options.deploymentUrl, async (other) => {
      const change = { change: options.deployment, other };
      // First, since a copy of another deployment must not be changed by mistake.
      const id = await identityFor(owner, change);
      if (change.change === 'new' || change.change === 'new-keys') await assertNothingMoves(owner, targets);
      await migrateAll(owner, writable, targets, { log, onRan });
      await establishDeployment(owner, id, change);
      return ran.length;
    });
  return withMigrationLock(ownerUrl, work, { log, giveUpAfterMs: options.giveUpAfterMs });
}

/** Returns every migration of a module's schema: those that all modules have, and its own. */
export async function moduleMigrations({
  schema,
  migrations,
}: ModuleData): Promise<(new () => MigrationInterface)[]> {
  return [
    createIdempotencyKeys(schema),
    createTimelines(schema),
    createDeploymentTables(schema),
    createPlacement(schema),
    ...(await migrations()),
  ];
}

async function migrateAll(
  owner: pg.Client,
  writable: string,
  targets: readonly MigrationTarget[],
  { log, onRan }: { log: (line: string) => void; onRan: (name: string) => void },
): Promise<void> {
  const placed = await placedHere(owner, targets, log);
  const schemas = placed.map(({ data }) => data.schema);
  await assertNoForeignSchema(owner, schemas);
  const { rowCount: isKnown } = await owner.query('select from pg_namespace where nspname = any($1)', [
    targets.map(({ data }) => data.schema),
  ]);
  if (!isKnown) await restrictPublic(owner, log);
  const roles: string[] = [];
  for (const { data, url, isMoving } of placed) {
    const role = await createSchemaAndRole(owner, data.schema, url);
    const onRanOne = (name: string) => onRan(`${data.schema}: ${name}`);
    await runMigrations(writable, data, { isMoving, onRan: onRanOne });
    await grantPrivileges(owner, data.schema, role);
    roles.push(role);
  }
  await noteFormerRoles(owner, schemas, roles, log);
}

/** @throws Error when the data of a module is being moved: the other server of the move would keep the former keys */
async function assertNothingMoves(owner: pg.Client, targets: readonly MigrationTarget[]): Promise<void> {
  for (const { data } of targets)
    if ((await findPlacement(owner, data.schema))?.peer)
      throw new Error(
        `the data of '${data.schema}' is being moved, and the other server would keep the former keys: run ` +
          `\`npm run data -- finish ${data.schema}\` or \`npm run data -- abort ${data.schema}\` first`,
      );
}

/**
 * Brings a schema that belongs to no module up to date, with its role.
 * @param name whose role it is, e.g. `queues`
 * @returns the number of migrations that ran
 */
export function migrateOtherSchema(
  ownerUrl: string,
  { name, url, migrator }: { name: string; url: string; migrator: SchemaMigrator },
  log: (line: string) => void = () => undefined,
): Promise<number> {
  const work = async (owner: pg.Client) => migrator(owner, await createRole(owner, name, url), log);
  return withMigrationLock(ownerUrl, work, { log });
}

/** Connects to the other database of the deployment for as long as the work takes, if there is one. */
async function withOther<T>(
  url: string | undefined,
  work: (other: pg.Client | undefined) => Promise<T>,
): Promise<T> {
  if (url === undefined) return work(undefined);
  const { owner } = await connectToPrimary(url);
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

/** Runs the migrations of a module. @throws Error when some are pending while its data is being moved */
export async function runMigrations(
  url: string,
  data: ModuleData,
  { isMoving = false, onRan = () => undefined }: { isMoving?: boolean; onRan?: (name: string) => void } = {},
): Promise<void> {
  const { schema } = data;
  const migrations = await moduleMigrations(data);
  const source = new DataSource({
    type: 'postgres',
    url: sessionUrl(url),
    schema,
    migrations,
    migrationsTableName: 'migrations',
    applicationName: MIGRATION_APPLICATION,
    poolSize: 2,
    extra: { lock_timeout: LOCK_TIMEOUT_MS },
  });
  await source.initialize();
  try {
    const executor = new MigrationExecutor(source);
    if (isMoving && (await executor.getPendingMigrations()).length > 0)
      throw new Error(
        `the data of '${schema}' is being moved, and replication does not carry migrations: run ` +
          `\`npm run data -- finish ${schema}\` or \`npm run data -- abort ${schema}\` first`,
      );
    const before = new Set((await executor.getExecutedMigrations()).map(({ name }) => name));
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      // When one fails, those before it have run.
      for (const { name } of (await executor.getExecutedMigrations()).toReversed())
        if (!before.has(name)) onRan(name);
    }
  } finally {
    await source.destroy();
  }
}
