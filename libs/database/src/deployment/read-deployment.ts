import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { serverUrls } from '@tearline/settings';
import { addressOf, hostsOf } from '../server-urls.js';
import { sessionUrl } from '../session-url.js';

const CONNECT_TIMEOUT_MS = 5_000;
const ATTEMPTS = 5;
const RETRY_INTERVAL_MS = 1_000;
/** PostgreSQL: a schema, table or privilege is missing. */
const NOT_MIGRATED = new Set(['3F000', '42P01', '42501']);

interface Row {
  readonly id: string;
  readonly isCopy: boolean;
}

/** A database, and the servers that have it: a primary or replicas. */
interface Database {
  /** One that has its schema there. */
  readonly module: string;
  readonly servers: readonly string[];
}

/**
 * Returns the identity of the deployment to which the databases of these modules belong. Any server of a database will do,
 * since replicas have the same.
 * @param urls each module's URL, with the module's own role
 * @throws Error of one line when a database does not answer, is not migrated, is a copy, or belongs to another deployment
 */
export async function readDeployment(
  urls: Readonly<Record<string, string>>,
  replicas: Readonly<Record<string, readonly string[]>> = {},
): Promise<string> {
  const databases = databasesOf(urls, replicas);
  const found = await Promise.all(
    databases.map(async (database) => ({ ...database, id: await readIdentity(database) })),
  );
  const other = found.find(({ id }) => id !== found[0]!.id);
  if (other)
    throw new Error(
      `the databases belong to different deployments: that of '${found[0]!.module}' to ${found[0]!.id}, ` +
        `that of '${other.module}' to ${other.id}. Correct the URLs; or, for a deployment on several servers, migrate the ` +
        'second with DEPLOYMENT_DATABASE_URL set to the first',
    );
  return found[0]!.id;
}

/** All schemas of a database have the same identity, so one is read of each. */
function databasesOf(
  urls: Readonly<Record<string, string>>,
  replicas: Readonly<Record<string, readonly string[]>>,
): Database[] {
  const byAddress = Map.groupBy(Object.entries(urls), ([, url]) => {
    const { pathname } = new URL(serverUrls(url)[0]!);
    return `${hostsOf(url)}${pathname}`;
  });
  return [...byAddress.values()].map(([first]) => {
    const [module, url] = first!;
    return { module, servers: [...serverUrls(url), ...(replicas[module] ?? [])] };
  });
}

async function readIdentity({ module, servers }: Database): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const results = await Promise.allSettled(servers.map((server) => readFrom(server, module)));
    const read = results.find((result) => result.status === 'fulfilled');
    if (read) return idOf(read.value, module);
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason as Error);
    const isMissing = reasons.some((reason) => NOT_MIGRATED.has((reason as pg.DatabaseError).code ?? ''));
    if (isMissing) return idOf(undefined, module);
    if (attempt === ATTEMPTS)
      throw new Error(
        `the database of '${module}' does not answer: ` +
          servers.map((server, index) => `${addressOf(server)}: ${messageOf(reasons[index])}`).join('; '),
        { cause: reasons[0] },
      );
    await delay(RETRY_INTERVAL_MS);
  }
}

async function readFrom(url: string, module: string): Promise<Row | undefined> {
  const client = new pg.Client({
    connectionString: sessionUrl(url, module),
    application_name: `tearline ${module}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Row>(
      `select id, (cluster, database) <> (system_identifier::text, current_database()::text) as "isCopy"
         from ${pg.escapeIdentifier(module)}.deployment, pg_control_system()`,
    );
    return rows[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

function idOf(row: Row | undefined, module: string): string {
  if (!row) throw new Error(`the database of '${module}' is not up to date: run \`npm run migrate\``);
  if (row.isCopy)
    throw new Error(
      `the database of '${module}' is a copy of that of deployment ${row.id}: run ` +
        '`npm run migrate -- --new-deployment` to make it a deployment of its own, or ' +
        '`npm run migrate -- --keep-deployment` if the original does not run any more',
    );
  return row.id;
}

function messageOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
