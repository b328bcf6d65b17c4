import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimFolder } from '@tearline/embedded';
import {
  findPatroni,
  OrphanReaper,
  PatroniCluster,
  type PatroniTuning,
  ProcessOutput,
} from '@tearline/process';
import { type RunningApp, startApp } from '../../support/running-app.js';
import { ClusterNetwork } from './partition.js';

/** Servers under Patroni, and two hosts on them. */
export interface FailoverEnvironment {
  readonly cluster: PatroniCluster;
  readonly network: ClusterNetwork;
  readonly hosts: readonly RunningApp[];
  /** The last lines of Patroni, etcd and PostgreSQL. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

const MAX_LINES = 400;
const MAX_HOST_LINES = 40;

/** @param tuning what Patroni decides by */
export async function startFailoverEnvironment(tuning: PatroniTuning): Promise<FailoverEnvironment> {
  const undo: (() => Promise<unknown> | void)[] = [];
  const stop = async () => {
    for (const each of undo.splice(0).toReversed()) await each();
  };
  const log: string[] = [];
  try {
    const dir = await mkdtemp(join(tmpdir(), 'tearline-ha-'));
    undo.push(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
    // PostgreSQL refuses to run as root; the user that it runs as must be able to enter the folder.
    await chmod(dir, 0o755);
    const output = new ProcessOutput(
      'pretty',
      (line) => log.splice(0, log.push(line) - MAX_LINES),
      10,
      false,
    );
    const reaper = new OrphanReaper(dir);
    undo.push(() => reaper.dismiss());
    const network = await ClusterNetwork.open();
    undo.push(() => network.close());
    const programs = await findPatroni(process.env['PATH']);
    if (programs.warning !== undefined) process.stderr.write(`${programs.warning}\n`);
    const folder = await claimFolder(join(dir, 'ha'), join(programs.postgres, 'postgres'));
    undo.push(folder.release);
    const { etcd, members } = network;
    const cluster = await PatroniCluster.create({
      programs,
      output,
      reaper,
      tuning,
      etcd,
      members,
      dir: folder.dir,
      user: folder.user,
    });
    undo.push(() => cluster.stop());
    await cluster.start();
    const servers = members.map(({ postgres }) => postgres);
    const env = {
      DATABASE_URL: cluster.url,
      DATABASE_REPLICA_URLS: servers.map((server) => `postgres://${server}`).join(),
      CONSISTENCY_SECRET: 'a secret that both hosts of a test share',
      REGISTRATIONS_PER_MINUTE: '100000',
      SEAM_CHECKED: 'off',
    };
    const hosts: RunningApp[] = [];
    for (let number = 1; number <= 2; number += 1) {
      // Hosts that share a folder share the keys in it.
      const host = await startApp({ dir, env, within: 300_000 });
      void host.exited.then((exit) => {
        log.push(...host.logs().slice(-MAX_HOST_LINES), `host ${number} ended with ${exit}`);
      });
      undo.push(() => host.stop());
      hosts.push(host);
    }
    return { cluster, network, hosts, log, stop };
  } catch (error) {
    for (const line of log) process.stderr.write(`${line}\n`);
    await stop();
    throw error;
  }
}
