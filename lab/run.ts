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
import { blasts } from './measure/blast.js';
import { rollOut } from './measure/rollout.js';
import { measureRounds } from './measure/rounds.js';
import { HOT_PARTS, scale } from './measure/scaling.js';
import { sweep } from './measure/sweep.js';
import { Workspace } from './measure/workspace.js';
import type { Options } from './options.js';
import { Progress } from './progress.js';
import {
  AGAIN,
  type Blast,
  type Circumstances,
  type Deployed,
  type Results,
  type Scaled,
  type Swept,
} from './results.js';
import { DELAYS, FULL, QUICK, type Schedule, SHARES, type Stage, stagesOf, stretched } from './schedule.js';
import { CONNECTIONS, type Ground, openSite, prepareGround } from './site.js';

/** Measures what the options ask for. @throws UsageError, TopologyError before anything is started */
export async function runLab(options: Options, cleanup: Cleanup): Promise<Results> {
  const schedule = scheduleOf(options);
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
  const subjects: Subject[] = [];
  for (const { name, topology } of [
    ...topologies.map((topology) => ({ name: topology.name, topology })),
    { name: AGAIN, topology: topologies[0]! },
  ]) {
    prepare(`starting ${name}`);
    const site = await openSite({ name, topology, ground, dir, cores, hasRedis, replicas }, cleanup);
    subjects.push({ site, deployment: await site.deploy() });
  }

  const { mix, connections } = options;
  const has = (stage: Stage) => !options.without.includes(stage);
  const common = { schedule, requests, mix, connections };
  const tell = progress.stage('rounds', subjects.length * (1 + (1 + SHARES.length) * schedule.rounds));
  const rounds = await measureRounds(subjects, { ...common, tell });
  const [low, middle] = rounds.rates as [number, number];
  const named = subjects.filter(({ site }) => site.name !== AGAIN);

  const blasted: Record<string, Blast[]> = {};
  if (has('blast')) {
    const faults = hosts.reduce((sum, count) => sum + count, 0) * schedule.blast.faults.length;
    const telling = progress.stage('blast', faults);
    const perSecond = Math.min(MOST_WHILE_FAILING, low);
    for (const subject of named)
      blasted[subject.site.name] = await blasts(subject, { ...common, perSecond, tell: telling });
  }
  const scaled: Record<string, Scaled[]> = {};
  if (has('scaling')) {
    const telling = progress.stage('scaling', 2 * HOT_PARTS.length * named.length);
    for (const subject of named)
      scaled[subject.site.name] = await scale(subject, { ...common, cores: cores.data, tell: telling });
  }
  await Promise.all(subjects.map(({ deployment }) => deployment.stop()));

  const swept: Record<string, Swept> = {};
  const split = named.map(({ site }) => site).filter(({ topology }) => topology.hosts.length > 1);
  if (has('sweep') && split.length > 0) {
    const telling = progress.stage('sweep', split.length * (1 + DELAYS.length * schedule.sweep.rounds));
    for (const site of split)
      swept[site.name] = await sweep(site, { ...common, perSecond: middle, tell: telling });
  }
  const deployed: Record<string, Deployed> = {};
  if (has('deploy')) {
    const telling = progress.stage('deploy', 1 + 2 * named.length);
    telling(`editing and building ${options.edit}`);
    const workspace = await Workspace.copy(join(dir, 'workspace'), cores.hosts);
    const builtSeconds = await workspace.editAndBuild(options.edit);
    const rolling = { ...common, workspace, builtSeconds, module: options.edit, perSecond: low };
    for (const { site } of named)
      deployed[site.name] = await rollOut(site, {
        ...rolling,
        replicas: Math.max(2, replicas),
        tell: telling,
      });
  }

  const seconds = (performance.now() - started) / 1000;
  const others = (cpuOfAll() - before - cpuOf(process.pid)) / 1000 / seconds;
  return {
    version: 1,
    circumstances: circumstances(options, { cores, replicas, hasRedis, ground, seconds, others }),
    topologies,
    ...rounds,
    swept,
    blasts: blasted,
    scaled,
    deployed,
  };
}

/** Requests a second while something fails: enough to see it, and few enough that nothing else does. */
const MOST_WHILE_FAILING = 30;

const scheduleOf = ({ quick, times }: Options): Schedule => stretched(quick ? QUICK : FULL, times);

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
