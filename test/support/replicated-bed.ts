import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { query } from './database.js';
import { type ReplicatedDatabase, startReplicated } from './replicated-database.js';
import { startApp } from './running-app.js';

/** A primary with replicas, and hosts on them, until the test has ended. */
export interface Bed extends ReplicatedDatabase {
  /** URLs of the hosts. */
  readonly hosts: string[];
}

/**
 * Starts two hosts on a primary with two replicas.
 * @param delays milliseconds that each replica is late
 * @param synchronous whether a commit waits for one of the replicas
 */
export async function openBed(
  env: Record<string, string>,
  { delays = [0, 150], synchronous = true }: { delays?: number[]; synchronous?: boolean } = {},
): Promise<Bed> {
  const database = await startReplicated(delays, { synchronous });
  onTestFinished(() => database.stop());
  // Hosts that share a folder share the keys in it.
  const dir = await mkdtemp(join(tmpdir(), 'tearline-hosts-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const all = { SEAM_CHECKED: 'off', REGISTRATIONS_PER_MINUTE: '100000', ...database.env, ...env };
  const hosts: string[] = [];
  for (let index = 0; index < 2; index += 1) {
    const host = await startApp({ dir, env: all });
    onTestFinished(async () => void (await host.stop()));
    onTestFailed(() => {
      for (const line of host.logs()) if (line.includes('"level":50')) process.stderr.write(`${line}\n`);
    });
    hosts.push(host.url);
  }
  return { ...database, hosts };
}

/** Whoever has received most takes the primary's place, and the others follow. */
export async function promote({ embedded: { replicas } }: ReplicatedDatabase): Promise<void> {
  const received = await Promise.all(
    replicas.map(async (replica) => {
      await replica.delay(0);
      const [row] = await query<{ lsn: number }>(
        replica.url,
        "select (pg_last_wal_receive_lsn() - '0/0')::float8 as lsn",
      );
      return { replica, lsn: row!.lsn };
    }),
  );
  const [heir, ...others] = received
    .toSorted((one, next) => next.lsn - one.lsn)
    .map(({ replica }) => replica);
  await heir!.promote();
  for (const other of others) await other.follow(heir!.server);
}
