import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { query } from './postgres.js';
import { type ReplicatedDatabase, startReplicated } from './replicated-database.js';
import { startApp } from './running-app.js';

/** A primary with replicas, and hosts that use them, until the test has ended. */
export interface ReplicatedEnvironment extends ReplicatedDatabase {
  /** URLs of the hosts. */
  readonly hosts: string[];
}

/**
 * Starts two hosts on a primary with two replicas.
 * @param delays milliseconds that each replica lags
 * @param synchronous whether a commit waits for one of the replicas
 */
export async function startReplicatedEnvironment(
  env: Record<string, string>,
  { delays = [0, 150], synchronous = true }: { delays?: number[]; synchronous?: boolean } = {},
): Promise<ReplicatedEnvironment> {
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

/** Promotes the replica that has received most, and lets the others follow it. */
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
  const [successor, ...others] = received
    .toSorted((one, next) => next.lsn - one.lsn)
    .map(({ replica }) => replica);
  await successor!.promote();
  for (const other of others) await other.follow(successor!);
}
