import { databaseUrlVariable } from '@tearline/database';
import { basename, dirname, join } from 'node:path';
import type { Database } from '../kit/database.js';
import type { Keys } from '../kit/samples.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';

/** Connections to PostgreSQL that each server gets altogether. */
export const DATABASE_CONNECTIONS = '30';

const ENTRY = join(import.meta.dirname, '../../../apps/monolith/src/main.js');

export interface TearlineOptions {
  readonly database: Database;
  readonly keys: Keys;
  readonly core: number | undefined;
  /** For what it writes. */
  readonly dir: string;
  /** Whether it keeps answers in memory; off where the work itself is compared. */
  readonly cache?: 'on' | 'off';
  /** How many of the database's replicas it reads from; none by default. */
  readonly replicas?: number;
  /** Where Node leaves a CPU profile when the app ends. */
  readonly profile?: string | undefined;
}

/**
 * Starts the monolith as in production: one role for each module, requests logged, calls between modules not checked.
 * @throws Error when they are
 */
export async function startTearline({
  database,
  keys,
  core,
  dir,
  replicas = 0,
  profile,
  cache = 'off',
}: TearlineOptions): Promise<ServerProcess> {
  const urls = Object.entries(database.urls).map(
    ([module, url]) => [databaseUrlVariable(module), url] as const,
  );
  const server = await startServer({
    command: [...profiled(profile), ENTRY],
    env: {
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      AUTH_JWKS: keys.jwks,
      IDENTITY_SIGNING_KEY: JSON.stringify(keys.signingKey),
      DATABASE_CONNECTIONS,
      CACHE: cache,
      DATABASE_REPLICA_URLS: database.replicas
        .slice(0, replicas)
        .map(({ url: { host } }) => `postgres://${host}`)
        .join(),
      ...database.shared,
      ...Object.fromEntries(urls),
    },
    log: join(dir, `tearline-${replicas}.log`),
    core,
  });
  if (server.listening['checked'] === false) return server;
  await server.stop();
  throw new Error(
    'the monolith does not say that checked mode is off; these would not be the figures of production',
  );
}

/** Options of Node's that leave a CPU profile in a file. */
export function profiled(file: string | undefined): string[] {
  if (file === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${dirname(file)}`, `--cpu-prof-name=${basename(file)}`];
}

/** Reads that the monolith has sent to each server, by its address, where it has replicas. */
export async function readsOf(url: string): Promise<Map<string, number>> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const reads = new Map<string, number>();
  for (const [, server, count] of metrics.matchAll(/^database_reads_total\{.*server="(.+?)".*\} (\d+)$/gm))
    reads.set(server!, (reads.get(server!) ?? 0) + Number(count));
  return reads;
}

/** Statements that the monolith has sent to PostgreSQL since it started. */
export async function statementsOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^database_queries_total\{[^}]*work="call"[^}]*\} (\d+)$/gm)];
  if (counts.length === 0) throw new Error('no database_queries_total in /metrics');
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
