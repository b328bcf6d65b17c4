import pg from 'pg';
import { identityOf } from '../replication/server-status.js';
import { DEPLOYMENT_TABLES } from './deployment-tables.js';

const { escapeIdentifier: id } = pg;

/** The key of a module; the private half is undefined where only the public one is known. */
export interface ModuleKey {
  readonly module: string;
  readonly publicKey: string;
  readonly privateKey?: string | undefined;
}

/** Where an identity was made. */
interface Origin {
  readonly cluster: string;
  readonly database: string;
}

/** What the schemas of a database say about the deployment. */
export interface DeploymentState extends Origin {
  /** The schemas with the tables of a deployment. */
  readonly schemas: readonly string[];
  /** Different identities; none before the first migration, more than one when a schema was restored from elsewhere. */
  readonly ids: readonly string[];
  readonly origins: readonly Origin[];
  /** Those with a private half last. */
  readonly keys: readonly ModuleKey[];
}

/** Reads the state as the owner of all schemas. */
export async function readState(owner: pg.Client): Promise<DeploymentState> {
  const schemas = await schemasOf(owner);
  const { cluster } = await identityOf(owner);
  const { rows } = await owner.query<{ database: string }>('select current_database() as database');
  const origins = await union<Origin & { id: string }>(
    owner,
    schemas,
    (schema) => `select id, cluster, database from ${id(schema)}.deployment`,
  );
  const keys = await union<{ module: string; public_key: string; private_key: string | null }>(
    owner,
    schemas,
    (schema) => `select module, public_key, private_key from ${id(schema)}.module_keys`,
  );
  return {
    cluster,
    database: rows[0]!.database,
    schemas,
    ids: [...new Set(origins.map((origin) => origin.id))].sort(),
    origins,
    keys: keys
      .map((key) => ({
        module: key.module,
        publicKey: key.public_key,
        privateKey: key.private_key ?? undefined,
      }))
      .toSorted(
        (one, other) => Number(one.privateKey !== undefined) - Number(other.privateKey !== undefined),
      ),
  };
}

/** Replaces the state of all schemas in one transaction, where it differs. */
export async function writeState(
  owner: pg.Client,
  { schemas, id: deployment, cluster, database, keys }: DeploymentState & { readonly id: string },
): Promise<void> {
  await owner.query('begin');
  try {
    for (const schema of schemas) {
      await owner.query(`delete from ${id(schema)}.deployment`);
      await owner.query(`insert into ${id(schema)}.deployment values ($1, $2, $3)`, [
        deployment,
        cluster,
        database,
      ]);
      await owner.query(`delete from ${id(schema)}.module_keys`);
      await owner.query(
        `insert into ${id(schema)}.module_keys (module, public_key, private_key)
         select module, public_key, case when module = $1 then private_key end
           from unnest($2::text[], $3::text[], $4::text[]) as key (module, public_key, private_key)`,
        [
          schema,
          keys.map(({ module }) => module),
          keys.map(({ publicKey }) => publicKey),
          keys.map(({ privateKey }) => privateKey ?? null),
        ],
      );
    }
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
}

async function schemasOf(owner: pg.Client): Promise<string[]> {
  const { rows } = await owner.query<{ schema: string }>(
    `select nspname as schema from pg_namespace n
      where (select count(*) from pg_class where relnamespace = n.oid and relkind = 'r' and relname = any($1)) = $2
      order by nspname`,
    [DEPLOYMENT_TABLES, DEPLOYMENT_TABLES.length],
  );
  return rows.map(({ schema }) => schema);
}

async function union<Row extends object>(
  owner: pg.Client,
  schemas: readonly string[],
  select: (schema: string) => string,
): Promise<Row[]> {
  if (schemas.length === 0) return [];
  return (await owner.query<Row>(schemas.map(select).join(' union all '))).rows;
}
