import { databaseUrls, databaseUrlVariable } from '@tearline/database';
import { type EmbeddedOptions, startEmbedded } from '@tearline/embedded';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Cleanup } from './cleanup.js';

/** How much the seeded database holds. */
export const SEED_COUNTS = {
  users: 1_000,
  articles: 10_000,
  comments: 30_000,
  favorites: 50_000,
  follows: 20_000,
};

const MODULES = ['identity', 'social', 'articles', 'comments', 'notifications', 'media'];
const CLI = join(import.meta.dirname, '../../../apps/cli/src/main.js');

/** A seeded PostgreSQL. */
export interface Database {
  readonly ownerUrl: string;
  /** Each module's URL, with its own role. */
  readonly urls: Readonly<Record<string, string>>;
  /** What every host needs beside its modules' URLs: where the queues are, and a folder for files. */
  readonly shared: Readonly<Record<string, string>>;
  /** The process that all others of PostgreSQL descend from. */
  readonly pid: number;
  readonly replicas: readonly { readonly url: URL; readonly pid: number }[];
  readonly version: string;
}

/** Starts a private PostgreSQL with its default settings in a folder, and seeds it. */
export async function openDatabase(
  dir: string,
  cleanup: Cleanup,
  options: Partial<EmbeddedOptions> = {},
): Promise<Database> {
  const embedded = await startEmbedded({ dir, ...options });
  cleanup.add(embedded.stop);
  await seed(embedded.url, cleanup);
  const [row] = await queryOwner<{ version: string }>(
    embedded.url,
    "select current_setting('server_version') as version",
    'vacuum analyze',
  );
  return {
    ownerUrl: embedded.url,
    urls: databaseUrls(MODULES, {}, embedded.url),
    shared: {
      [databaseUrlVariable('queues')]: databaseUrls(['queues'], {}, embedded.url)['queues']!,
      MEDIA_DIR: join(dir, 'media'),
    },
    pid: embedded.server.pid,
    replicas: embedded.replicas.map(({ url, server }) => ({ url: new URL(url), pid: server.pid })),
    version: row!.version,
  };
}

/** Runs statements as the owner. @returns the rows of the first */
export async function queryOwner<Row>(url: string, ...statements: string[]): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const results = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results[0]!.rows as Row[];
  } finally {
    await client.end();
  }
}

/** Migrates and fills a database. */
export async function seed(
  ownerUrl: string,
  cleanup: Cleanup,
  progress: 'inherit' | 'ignore' = 'inherit',
): Promise<void> {
  const counts = Object.entries(SEED_COUNTS).flatMap(([name, count]) => [`--${name}`, `${count}`]);
  const child = spawn(process.execPath, [CLI, 'seed', ...counts], {
    env: { PATH: process.env['PATH'], DATABASE_URL: ownerUrl },
    stdio: ['ignore', 'ignore', progress],
  });
  cleanup.add(() => child.kill());
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the database could not be seeded');
}
