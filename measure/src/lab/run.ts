import { moduleNames, runtimes } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import { readTopology, type Topology, type TopologyReference } from '@tearline/topology';
import { assignMachineCores } from '../kit/machine.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { startContainers } from './containers/start-containers.js';
import { describeEnvironment, watchOtherProcesses } from './environment.js';
import { measureRounds } from './measure/rounds.js';
import type { Options } from './options.js';
import { ProgressReporter } from './progress.js';
import { RequestGenerator } from './request-mix.js';
import { REPORT_VERSION, type Results } from './results.js';
import { expectedSeconds, scheduleOf } from './schedule.js';
import { startProcesses } from './start-processes.js';
import { assertSameAnswers, REPEATED } from './target.js';

const DEFAULT_TOPOLOGIES = ['monolith', 'microservices', 'media'];

/** Measures topologies. @throws UsageError, TopologyError before anything is started */
export async function runLab(
  names: readonly string[],
  options: Options,
  cleanup: AsyncDisposableStack,
): Promise<Results> {
  const started = performance.now();
  const references = [...names, ...options.alone.map((module) => ({ alone: module }))];
  const topologies = await readTopologies(references.length > 0 ? references : DEFAULT_TOPOLOGIES);
  const schedule = scheduleOf(options.quick, options.times, options.compose);
  const hosts = topologies.map((topology) => topology.hosts.length);
  const reporter = new ProgressReporter(expectedSeconds(schedule, hosts, options));

  const cores = assignMachineCores();
  const replicas = options.replicas ?? cores.count;
  const dir = await temporaryDir('lab', cleanup);
  const setup = { topologies, options, dir, cores, replicas, progress: reporter.stage('prepare') };
  const start = options.compose ? startContainers : startProcesses;
  const { targets, samples, servers, pids, measureStages } = await start(setup, cleanup);
  for (const other of targets.slice(1)) await assertSameAnswers(targets[0]!, other, samples);

  const { mix, connections } = options;
  const measurement = { schedule, generator: await RequestGenerator.create(samples), mix, connections };
  const otherCores = watchOtherProcesses(pids);
  const rounds = await measureRounds(targets, { ...measurement, progress: reporter.stage('rounds') });
  const measuredOtherCores = otherCores();
  const stages = await measureStages(async (stage, all, measure) => {
    const included = options.without.includes(stage) ? [] : all.filter(({ name }) => name !== REPEATED);
    if (included.length === 0) return {};
    const common = { ...measurement, perSecond: rounds.rates[0]!, progress: reporter.stage(stage) };
    const results = [];
    for (const target of included) results.push([target.name, await measure(target, common)] as const);
    return Object.fromEntries(results);
  });
  reporter.end();
  return {
    version: REPORT_VERSION,
    environment: describeEnvironment(options, {
      minutes: (performance.now() - started) / 60_000,
      otherCores: measuredOtherCores,
      ...servers,
      replicas,
      cores: cores.description,
    }),
    topologies,
    ...rounds,
    network: {},
    faults: {},
    serverFaults: {},
    starts: {},
    scaling: {},
    deploys: {},
    ...stages,
  };
}

async function readTopologies(references: readonly TopologyReference[]): Promise<Topology[]> {
  const topologies: Topology[] = [];
  for (const reference of references) {
    const topology = await readTopology(reference, { modules: moduleNames, runtimes });
    if (topologies.some((other) => other.name === topology.name))
      throw new UsageError(`two topologies are called '${topology.name}'; name each once`);
    topologies.push(topology);
  }
  return topologies;
}
