import { readTopology, type Topology } from '@tearline/topology';
import { join } from 'node:path';
import { manifests } from '@tearline/modules';
import { findNginx } from '@tearline/process';
import type { Cleanup } from '../kit/cleanup.js';
import { describeEnvironment, watchOtherProcesses } from './environment.js';
import { runInContainers } from './containers/run-in-containers.js';
import { blasts, MOST_WHILE_FAILING } from './measure/fault-injection.js';
import { rollOut } from './measure/rollout.js';
import { measureRounds } from './measure/rounds.js';
import { WORKLOADS, measureScaling } from './measure/scaling.js';
import { measureNetwork } from './measure/network.js';
import { Workspace } from './measure/workspace.js';
import type { Options } from './options.js';
import { type OwnSubject, prepare } from './prepare.js';
import { ProgressReporter } from './progress.js';
import { REPEATED, type Results } from './results.js';
import { DELAYS, FULL, QUICK, SHARES, type Stage, expectedSeconds, scaled } from './schedule.js';
import { UsageError } from './usage-error.js';

/** Measures what the options ask for. @throws UsageError, TopologyError before anything is started */
export async function runLab(options: Options, cleanup: Cleanup): Promise<Results> {
  const topologies = await topologiesNamed(options.topologies);
  if (options.compose) return runInContainers(options, topologies, cleanup);
  return runInProcesses(options, topologies, cleanup);
}

async function runInProcesses(
  options: Options,
  topologies: readonly Topology[],
  cleanup: Cleanup,
): Promise<Results> {
  const { mix, connections, edit } = options;
  await findNginx(process.env['PATH']);
  const schedule = scaled(options.quick ? QUICK : FULL, options.times);
  const hosts = topologies.map((topology) => topology.hosts.length);
  const expected = expectedSeconds(schedule, hosts);
  for (const stage of options.without) expected[stage] = 0;
  const progress = new ProgressReporter(expected);
  const started = performance.now();

  const tell = progress.stage('prepare', topologies.length + 2);
  const prepared = await prepare(topologies, options.replicas, { cleanup, tell });
  const { subjects, requests, cores, replicas } = prepared;
  const common = { schedule, requests, mix, connections };
  // PostgreSQL descends from somebody else: it outlives whoever started it, to stop in order.
  const othersMeanwhile = watchOtherProcesses(subjects.flatMap(({ site }) => site.postgres));
  const rounds = await measureRounds(subjects, {
    ...common,
    tell: progress.stage('rounds', subjects.length * (1 + (1 + SHARES.length) * schedule.rounds)),
  });
  const others = othersMeanwhile();
  const [low] = rounds.rates as [number];

  /** Does a stage for each of the topologies, one after the other. */
  const inTurn = async <T>(
    stage: Stage,
    steps: number,
    work: (subject: OwnSubject, tell: (what: string) => void) => Promise<T>,
    isMeant: (subject: OwnSubject) => boolean = () => true,
  ): Promise<Record<string, T>> => {
    const meant = subjects.filter((subject) => subject.site.name !== REPEATED && isMeant(subject));
    const found: Record<string, T> = {};
    if (options.without.includes(stage) || meant.length === 0) return found;
    const telling = progress.stage(stage, steps);
    for (const subject of meant) found[subject.site.name] = await work(subject, telling);
    return found;
  };

  const faults = hosts.reduce((sum, count) => sum + count, 0) * schedule.blast.faults.length;
  const perSecond = Math.min(MOST_WHILE_FAILING, low);
  const blasted = await inTurn('blast', faults, (subject, telling) =>
    blasts(subject, { ...common, perSecond, tell: telling }),
  );
  const scaled = await inTurn('scaling', 2 * WORKLOADS.length * topologies.length, (subject, telling) =>
    measureScaling(subject, { ...common, cores: cores.data, tell: telling }),
  );
  await Promise.all(subjects.map(({ deployment }) => deployment.stop()));

  const split = hosts.filter((count) => count > 1).length;
  const swept = await inTurn(
    'sweep',
    split * (1 + DELAYS.length * schedule.sweep.rounds),
    ({ site }, telling) => measureNetwork(site, { ...common, perSecond: low, tell: telling }),
    ({ site }) => site.topology.hosts.length > 1,
  );
  let built: { workspace: Workspace; builtSeconds: number } | undefined;
  const deployed = await inTurn('deploy', 2 + 2 * topologies.length, async ({ site }, telling) => {
    built ??= await edited(join(prepared.dir, 'workspace'), edit, cores.hosts, telling);
    const options = { ...common, ...built, module: edit, perSecond: low };
    return rollOut(site, { ...options, replicas: Math.max(2, replicas), tell: telling });
  });

  progress.end();
  const minutes = (performance.now() - started) / 60_000;
  return {
    version: 1,
    environment: describeEnvironment(options, {
      cores,
      replicas,
      minutes,
      otherCores: others,
      postgres: prepared.ground.postgres,
      queues: prepared.hasRedis ? 'Redis' : 'PostgreSQL',
    }),
    topologies,
    ...rounds,
    network: swept,
    faults: blasted,
    serverFaults: {},
    scaling: scaled,
    deploys: deployed,
  };
}

async function topologiesNamed(names: readonly string[]): Promise<Topology[]> {
  const modules = manifests.map(({ name }) => name);
  const topologies: Topology[] = [];
  for (const name of names) {
    const topology = await readTopology(name, { modules });
    if (topologies.some((other) => other.name === topology.name))
      throw new UsageError(`two topologies are called '${topology.name}'; rename the file of one`);
    topologies.push(topology);
  }
  return topologies;
}

async function edited(dir: string, module: string, core: string | undefined, tell: (what: string) => void) {
  tell('copying the repository');
  const workspace = await Workspace.copy(dir, core);
  tell(`editing and building ${module}`);
  return { workspace, builtSeconds: await workspace.editAndBuild(module) };
}
