import { join } from 'node:path';
import type { StartedDatabase } from '@tearline/database';
import { claimFolder } from '@tearline/embedded';
import {
  findPatroni,
  type OrphanReaper,
  PatroniCluster,
  type PatroniPrograms,
  type ProcessOutput,
  UsageError,
} from '@tearline/process';
import { type Environment, isSet } from '@tearline/settings';

/** @throws UsageError where a program is missing, or the environment names another database */
export async function findPatroniPrograms(env: Environment): Promise<PatroniPrograms> {
  if (isSet('DATABASE_URL', env))
    throw new UsageError('--ha starts a database of its own: leave it out, or unset DATABASE_URL');
  return findPatroni(env['PATH']);
}

export interface PatroniDatabaseOptions {
  readonly programs: PatroniPrograms;
  /** Its folder `ha` has the data, and that of an earlier run. */
  readonly dir: string;
  readonly output: ProcessOutput;
  readonly reaper: OrphanReaper;
  /** Stops it while it starts. */
  readonly signal: AbortSignal;
}

/** Starts three servers of PostgreSQL under Patroni. */
export async function startPatroniDatabase({
  dir,
  signal,
  ...options
}: PatroniDatabaseOptions): Promise<StartedDatabase> {
  const { programs, output } = options;
  const folder = await claimFolder(join(dir, 'ha'), join(programs.postgres, 'postgres'));
  let cluster: PatroniCluster | undefined;
  const stop = async () => {
    await cluster?.stop();
    folder.release();
  };
  try {
    cluster = await PatroniCluster.create({ ...options, dir: folder.dir, user: folder.user });
    const abort = () => void cluster!.stop();
    signal.addEventListener('abort', abort);
    if (programs.warning !== undefined) output.log(programs.warning);
    output.log(`starting three PostgreSQL servers under Patroni in ${folder.dir}`);
    await cluster.start();
    signal.removeEventListener('abort', abort);
    signal.throwIfAborted();
    const leader = await cluster.leader();
    const { name, config } = leader;
    const servers = cluster.members.map((member) => `${member.name} at ${member.addresses.postgres}`);
    output.log(
      `PostgreSQL is ready: ${servers.join(', ')}. ${name} is the leader: patronictl -c ${config} list`,
    );
    const urls = cluster.members.map((member) => cluster!.urlOf(member));
    // The leader first, where those look first that try one after the other.
    return { url: cluster.urlOf(leader), replicas: urls.map((url) => ({ url })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
