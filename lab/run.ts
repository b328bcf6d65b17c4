import { readTopology, type Topology } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { manifests } from '../apps/topology/src/modules.js';
import { findNginx } from '../apps/topology/src/nginx.js';
import type { Cleanup } from '../bench/cleanup.js';
import { processor } from '../bench/machine.js';
import { cpuOf, cpuOfAll } from '../bench/processes.js';
import { type Cores, coresHere } from './cores.js';
import { Requests } from './load/mix.js';
import { Uploads } from './load/uploads.js';
import type { Subject } from './measure/observe.js';
import { measureRounds } from './measure/rounds.js';
import type { Options } from './options.js';
import { Progress } from './progress.js';
import { AGAIN, type Circumstances, type Results } from './results.js';
import { FULL, QUICK, type Schedule, stagesOf } from './schedule.js';
import { CONNECTIONS, type Ground, openSite, prepareGround, type Site } from './site.js';

/** Measures what the options ask for. @throws UsageError, TopologyError before anything is started */
export async function runLab(
  options: Options,
  cleanup: Cleanup,
  schedule = scheduleOf(options),
): Promise<Results> {
  const modules = manifests.map(({ name }) => name);
  const topologies: Topology[] = [];
  for (const name of options.topologies) topologies.push(await readTopology(name, { modules }));
  await findNginx(process.env['PATH']);
  const cores = coresHere();
  const hosts = topologies.map((topology) => topology.hosts.length);
  const stages = stagesOf(schedule, hosts);
  for (const stage of options.without) stages[stage] = 0;
  const progress = new Progress(stages);
  const started = performance.now();
  const before = cpuOfAll();

  const replicas = options.replicas ?? cores.count;
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  const dir = await mkdtemp(join(tmpdir(), 'tearline-lab-'));
  cleanup.add(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  await chmod(dir, 0o755);
  const prepare = progress.stage('prepare', topologies.length + 2);
  prepare('filling a database');
  const ground = await prepareGround(dir, cleanup);
  const requests = new Requests(ground.samples, await Uploads.of());
  const sites: Site[] = [];
  const subjects: Subject[] = [];
  for (const { name, topology } of [
    ...topologies.map((topology) => ({ name: topology.name, topology })),
    { name: AGAIN, topology: topologies[0]! },
  ]) {
    prepare(`starting ${name}`);
    const site = await openSite({ name, topology, ground, dir, cores, hasRedis, replicas }, cleanup);
    sites.push(site);
    subjects.push({ site, deployment: await site.deploy() });
  }

  const { mix, connections } = options;
  const steps = subjects.length * (1 + 4 * schedule.rounds);
  const tell = progress.stage('rounds', steps);
  const rounds = await measureRounds(subjects, { schedule, requests, mix, connections, tell });

  const seconds = (performance.now() - started) / 1000;
  const others = (cpuOfAll() - before - cpuOf(process.pid)) / 1000 / seconds;
  return {
    version: 1,
    circumstances: circumstances(options, { cores, replicas, hasRedis, ground, seconds, others }),
    topologies,
    ...rounds,
    swept: {},
    blasts: {},
    scaled: {},
    deployed: {},
  };
}

const scheduleOf = ({ quick }: Options): Schedule => (quick ? QUICK : FULL);

interface Facts {
  readonly cores: Cores;
  readonly replicas: number;
  readonly hasRedis: boolean;
  readonly ground: Ground;
  readonly seconds: number;
  readonly others: number;
}

function circumstances(
  { quick, mix, budget }: Options,
  { cores, replicas, hasRedis, ground, seconds, others }: Facts,
): Circumstances {
  return {
    at: new Date().toISOString(),
    minutes: seconds / 60,
    quick,
    processor: processor(),
    memoryMiB: totalmem() / 1_048_576,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgres: ground.postgres,
    queues: hasRedis ? 'Redis' : 'PostgreSQL',
    cores: cores.description,
    replicas,
    connections: CONNECTIONS,
    mix,
    others,
    budget,
  };
}
