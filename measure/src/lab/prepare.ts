import type { Topology } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../kit/cleanup.js';
import { type Cores, coresHere } from './cores.js';
import { RequestGenerator } from './load/request-mix.js';
import { Uploads } from './load/uploads.js';
import type { RemoteDeployment } from './deployment/remote.js';
import type { Subject } from './measure/subject.js';
import { REPEATED } from './results.js';
import { type Ground, openSite, prepareGround, type Site } from './site.js';

/** A topology in processes of ours, which can be changed while they run. */
export type OwnSubject = Subject<Site, RemoteDeployment>;

/** What a run measures, ready to be asked. */
export interface Prepared {
  /** A folder that is gone at the end. */
  readonly dir: string;
  readonly cores: Cores;
  /** Processes of each host. */
  readonly replicas: number;
  readonly hasRedis: boolean;
  readonly ground: Ground;
  readonly requests: RequestGenerator;
  /** The topologies, and the first one once more. */
  readonly subjects: readonly OwnSubject[];
}

export async function prepare(
  topologies: readonly Topology[],
  wanted: number | undefined,
  { cleanup, tell }: { cleanup: Cleanup; tell: (what: string) => void },
): Promise<Prepared> {
  const cores = coresHere();
  const replicas = wanted ?? cores.count;
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  const dir = await mkdtemp(join(tmpdir(), 'tearline-lab-'));
  cleanup.add(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  // PostgreSQL does not run as root and takes another user, who must be able to walk in.
  await chmod(dir, 0o755);
  tell('filling a database');
  const ground = await prepareGround(dir, cleanup);
  const requests = new RequestGenerator(ground.samples, await Uploads.of());
  const subjects: OwnSubject[] = [];
  const named = topologies.map((topology) => [topology.name, topology] as const);
  for (const [name, topology] of [...named, [REPEATED, topologies[0]!] as const]) {
    tell(`starting ${name}`);
    const site = await openSite({ name, topology, ground, dir, cores, hasRedis, replicas }, cleanup);
    subjects.push({ site, deployment: await site.deploy() });
  }
  return { dir, cores, replicas, hasRedis, ground, requests, subjects };
}
