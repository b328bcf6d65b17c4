import { manifests } from '@tearline/modules';
import { findNginx, UsageError } from '@tearline/process';
import { readTopology, type Topology, type TopologyReference } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Cleanup } from '../kit/cleanup.js';
import { assignMachineCores } from '../kit/machine.js';
import { sum } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { runInContainers } from './containers/run-in-containers.js';
import type { RemoteDeployment } from './deployment/remote-deployment.js';
import { describeEnvironment, watchOtherProcesses } from './environment.js';
import { injectFaults, MAX_RATE_DURING_FAULTS } from './measure/fault-injection.js';
import { measureNetwork } from './measure/network.js';
import { measureRollout } from './measure/rollout.js';
import { measureRounds } from './measure/rounds.js';
import { measureScaling, WORKLOADS } from './measure/scaling.js';
import { measureStarts } from './measure/starts.js';
import { Workspace } from './measure/workspace.js';
import type { Options } from './options.js';
import { ProgressReporter } from './progress.js';
import { RequestGenerator } from './request-mix.js';
import type { Results } from './results.js';
import { DELAYS, expectedSeconds, FULL, QUICK, scaled, SHARES, type Stage } from './schedule.js';
import { createTemplate, type Stack, startStack } from './stack.js';
import { assertSameAnswers, REPEATED, withRepetition } from './target.js';

const DEFAULT_TOPOLOGIES = ['monolith', 'microservices', 'media'];

/** Measures topologies. @throws UsageError, TopologyError before anything is started */
export async function runLab(names: readonly string[], options: Options, cleanup: Cleanup): Promise<Results> {
  const references = [...names, ...options.alone.map((module) => ({ alone: module }))];
  const topologies = await readTopologies(references.length > 0 ? references : DEFAULT_TOPOLOGIES);
  const run = options.compose ? runInContainers : runInProcesses;
  return run(topologies, options, cleanup);
}

async function readTopologies(references: readonly TopologyReference[]): Promise<Topology[]> {
  const topologies: Topology[] = [];
  for (const reference of references) {
    const topology = await readTopology(reference, { modules: manifests.map((manifest) => manifest.name) });
    if (topologies.some((other) => other.name === topology.name))
      throw new UsageError(`two topologies are called '${topology.name}'; name each once`);
    topologies.push(topology);
  }
  return topologies;
}

/** A stack and its deployment. */
interface Deployed {
  readonly stack: Stack;
  readonly target: RemoteDeployment;
}

async function runInProcesses(
  topologies: readonly Topology[],
  options: Options,
  cleanup: Cleanup,
): Promise<Results> {
  const started = performance.now();
  await findNginx(process.env['PATH']);
  const { edit } = options;
  const schedule = scaled(options.quick ? QUICK : FULL, options.times);
  const hosts = topologies.map((topology) => topology.hosts.length);
  const expected = expectedSeconds(schedule, hosts);
  for (const stage of options.without) expected[stage] = 0;
  const reporter = new ProgressReporter(expected);

  const preparing = reporter.stage('prepare', topologies.length + 2);
  const cores = assignMachineCores();
  const replicas = options.replicas ?? cores.count;
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  const dir = await temporaryDir('lab', cleanup);
  preparing('seeding a database');
  const template = await createTemplate(dir, cleanup);
  const generator = await RequestGenerator.create(template.samples);
  const all: Deployed[] = [];
  for (const [name, topology] of withRepetition(topologies)) {
    preparing(`starting ${name}`);
    const stack = await startStack({ name, topology, template, dir, cores, hasRedis, replicas }, cleanup);
    all.push({ stack, target: await stack.deploy() });
  }
  const targets = all.map(({ target }) => target);
  for (const other of targets.slice(1)) await assertSameAnswers(targets[0]!, other, template.samples);

  const measurement = (stage: Stage, steps: number) => {
    const { mix, connections } = options;
    return { schedule, generator, mix, connections, progress: reporter.stage(stage, steps) };
  };
  // PostgreSQL outlives the process that starts it, so it does not descend from this one.
  const otherCores = watchOtherProcesses(all.map(({ stack }) => stack.postgres));
  const steps = targets.length * (1 + (1 + SHARES.length) * schedule.rounds);
  const rounds = await measureRounds(targets, measurement('rounds', steps));
  const measuredOtherCores = otherCores();
  const perSecond = rounds.rates[0]!;

  /** Runs an optional stage for each topology, one after the other. */
  const runStage = async <T>(
    stage: Stage,
    steps: number,
    work: (deployed: Deployed, common: ReturnType<typeof measurement>) => Promise<T>,
    includes: (deployed: Deployed) => boolean = () => true,
  ): Promise<Record<string, T>> => {
    const results: Record<string, T> = {};
    const included = all.filter((one) => one.stack.name !== REPEATED && includes(one));
    if (options.without.includes(stage) || included.length === 0) return results;
    const common = measurement(stage, steps);
    for (const one of included) results[one.stack.name] = await work(one, common);
    return results;
  };

  const hostCount = sum(hosts);
  const faultRate = Math.min(MAX_RATE_DURING_FAULTS, perSecond);
  const faults = await runStage('faults', hostCount * schedule.faults.kinds.length, ({ target }, common) =>
    injectFaults(target, { ...common, perSecond: faultRate }),
  );
  const starts = await runStage('starts', hostCount, ({ target }, common) => measureStarts(target, common));
  const workloads = 2 * WORKLOADS.length * topologies.length;
  const scaling = await runStage('scaling', workloads, ({ target }, common) =>
    measureScaling(target, { ...common, cores: cores.data }),
  );
  await Promise.all(targets.map((target) => target.stop()));

  const isSplit = ({ stack }: Deployed) => stack.topology.hosts.length > 1;
  const delays = all.filter(isSplit).length * (1 + DELAYS.length * schedule.network.rounds);
  const network = await runStage(
    'network',
    delays,
    ({ stack }, common) => measureNetwork(stack, { ...common, perSecond }),
    isSplit,
  );
  let built: { workspace: Workspace; buildSeconds: number } | undefined;
  const deploys = await runStage('deploy', 2 + 2 * topologies.length, async ({ stack }, common) => {
    built ??= await buildEdited(join(dir, 'workspace'), edit, cores.hosts, common.progress);
    const processes = Math.max(2, replicas);
    return measureRollout(stack, { ...common, ...built, module: edit, perSecond, replicas: processes });
  });
  reporter.end();
  return {
    version: 2,
    environment: describeEnvironment(options, {
      minutes: (performance.now() - started) / 60_000,
      otherCores: measuredOtherCores,
      queues: hasRedis ? 'Redis' : 'PostgreSQL',
      postgres: template.postgres,
      replicas,
      cores: cores.description,
    }),
    topologies,
    ...rounds,
    network,
    faults,
    serverFaults: {},
    starts,
    scaling,
    deploys,
  };
}

async function buildEdited(
  dir: string,
  module: string,
  cores: string | undefined,
  progress: (step: string) => void,
) {
  progress('copying the repository');
  const workspace = await Workspace.copy(dir, cores);
  progress(`editing and building ${module}`);
  return { workspace, buildSeconds: await workspace.editAndBuild(module) };
}
