import { databaseUrls } from '@tearline/database';
import { type EmbeddedOptions, startEmbedded } from '@tearline/embedded';
import { manifests } from '@tearline/modules';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from 'pg';

/** Rows of the seeded database. */
export const SEED_COUNTS = {
  users: 1_000,
  articles: 10_000,
  comments: 30_000,
  favorites: 50_000,
  follows: 20_000,
};
/** The same as options of the seed command. */
export const SEED_OPTIONS = Object.entries(SEED_COUNTS).flatMap(([name, count]) => [`--${name}`, `${count}`]);
export const MODULES = manifests.map(({ name }) => name);

const CLI = join(import.meta.dirname, '../../../apps/cli/src/main.js');

/** A private PostgreSQL, migrated and seeded. */
export interface Database {
  readonly ownerUrl: string;
  /** URLs of modules, each with the module's own role, and of the queues. */
  readonly urls: Readonly<Record<string, string>>;
  /** The process that all others of PostgreSQL descend from. */
  readonly pid: number;
  readonly replicas: readonly { readonly url: URL; readonly pid: number }[];
  readonly version: string;
  readonly stop: () => Promise<void>;
}

export type DatabaseOptions = Omit<Partial<EmbeddedOptions>, 'dir'> & { readonly isSeeded?: boolean };

/** Starts a private PostgreSQL with its default settings in a folder, and seeds it. */
export async function openDatabase(
  dir: string,
  cleanup: AsyncDisposableStack,
  { isSeeded = true, ...options }: DatabaseOptions = {},
): Promise<Database> {
  const embedded = await startEmbedded({ dir, ...options });
  cleanup.defer(embedded.stop);
  await runCli(embedded.url, dir, cleanup, ...(isSeeded ? ['seed', ...SEED_OPTIONS] : ['migrate']));
  await queryOwner(embedded.url, 'vacuum analyze');
  return {
    ownerUrl: embedded.url,
    urls: databaseUrls([...MODULES, 'queues'], {}, embedded.url),
    pid: embedded.server.pid,
    replicas: embedded.replicas.map(({ url, pid }) => ({ url: new URL(url), pid })),
    version: await serverVersion(embedded.url),
    stop: embedded.stop,
  };
}

/** Runs the work with a connection of the owner. */
export async function withOwner<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs statements as the owner. @returns the rows of the first */
export const queryOwner = <Row>(url: string, ...statements: string[]): Promise<Row[]> =>
  withOwner(url, async (client) => {
    const results = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results[0]!.rows as Row[];
  });

export async function serverVersion(ownerUrl: string): Promise<string> {
  const [row] = await queryOwner<{ server_version: string }>(ownerUrl, 'show server_version');
  return row!.server_version;
}

async function runCli(
  ownerUrl: string,
  dir: string,
  cleanup: AsyncDisposableStack,
  ...args: string[]
): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'], DATABASE_URL: ownerUrl, TEARLINE_DIR: dir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  cleanup.defer(() => void child.kill());
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args[0]} of the database failed: ${errors.slice(-2_000)}`);
}
