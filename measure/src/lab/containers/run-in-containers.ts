import { UsageError } from '@tearline/process';
import type { Topology } from '@tearline/topology';
import type { Cleanup } from '../../kit/cleanup.js';
import { assignMachineCores } from '../../kit/machine.js';
import { makeKeys } from '../../kit/samples.js';
import { sum } from '../../kit/statistics.js';
import { temporaryDir } from '../../kit/temporary-dir.js';
import { describeEnvironment, watchOtherProcesses } from '../environment.js';
import {
  type FaultOptions,
  injectFaults,
  MAX_RATE_DURING_FAULTS,
  measureImpact,
} from '../measure/fault-injection.js';
import { measureRounds } from '../measure/rounds.js';
import type { Options } from '../options.js';
import { ProgressReporter } from '../progress.js';
import { RequestGenerator } from '../request-mix.js';
import type { HostFaultImpact, Results, ServerFaultImpact } from '../results.js';
import { expectedSeconds, FAULT_SECONDS, FULL, QUICK, type Schedule, scaled, SHARES } from '../schedule.js';
import { assertSameAnswers, REPEATED, withRepetition } from '../target.js';
import { ContainerTarget } from './container-target.js';

/** Estimates, without an image that exists already. */
const BUILD_SECONDS = 60;
const START_SECONDS = 40;

/** Measures topologies in containers. @throws UsageError before anything is started */
export async function runInContainers(
  topologies: readonly Topology[],
  options: Options,
  cleanup: Cleanup,
): Promise<Results> {
  if (process.getuid?.() !== 0)
    throw new UsageError('--compose reads the CPU and memory of containers, which takes root: use sudo');
  const started = performance.now();
  const schedule = withoutBlockedEventLoops(scaled(options.quick ? QUICK : FULL, options.times));
  const hosts = topologies.map((topology) => topology.hosts.length);
  const expected = expectedSeconds(schedule, hosts);
  for (const stage of options.without) expected[stage] = 0;
  const { before, after } = schedule.faults;
  if (expected.faults > 0) expected.faults += topologies.length * (2 * (before + after) + FAULT_SECONDS);
  expected.prepare = BUILD_SECONDS + START_SECONDS * (topologies.length + 1);
  const reporter = new ProgressReporter(expected);

  const preparing = reporter.stage('prepare', topologies.length + 1);
  const cores = assignMachineCores();
  const replicas = options.replicas ?? cores.count;
  const common = { dir: await temporaryDir('lab', cleanup), cores, replicas, keys: await makeKeys() };
  const targets: ContainerTarget[] = [];
  for (const [name, topology] of withRepetition(topologies)) {
    preparing(`building and starting ${name}`);
    const project = `tearline-lab-${targets.length + 1}`;
    targets.push(await ContainerTarget.start({ name, topology, project, ...common }, cleanup));
  }
  const samples = await targets[0]!.samples();
  for (const other of targets.slice(1)) await assertSameAnswers(targets[0]!, other, samples);

  const { mix, connections } = options;
  const measurement = { schedule, generator: await RequestGenerator.create(samples), mix, connections };
  const otherCores = watchOtherProcesses(targets.flatMap(({ pids }) => pids));
  const steps = targets.length * (1 + (1 + SHARES.length) * schedule.rounds);
  const rounds = await measureRounds(targets, { ...measurement, progress: reporter.stage('rounds', steps) });
  const measuredOtherCores = otherCores();

  const faults: Record<string, HostFaultImpact[]> = {};
  const serverFaults: Record<string, ServerFaultImpact[]> = {};
  if (!options.without.includes('faults')) {
    const perSecond = Math.min(MAX_RATE_DURING_FAULTS, rounds.rates[0]!);
    const count = sum(hosts) * schedule.faults.kinds.length + 2 * topologies.length;
    const faultOptions = { ...measurement, perSecond, progress: reporter.stage('faults', count) };
    for (const target of targets.filter(({ name }) => name !== REPEATED)) {
      faults[target.name] = await injectFaults(target, faultOptions);
      serverFaults[target.name] = await injectServerFaults(target, faultOptions);
    }
  }
  reporter.end();
  return {
    version: 2,
    environment: describeEnvironment(options, {
      minutes: (performance.now() - started) / 60_000,
      otherCores: measuredOtherCores,
      queues: 'Redis',
      postgres: await targets[0]!.postgresVersion(),
      replicas,
      cores: cores.description,
    }),
    topologies,
    ...rounds,
    network: {},
    faults,
    serverFaults,
    starts: {},
    scaling: {},
    deploys: {},
  };
}

async function injectServerFaults(
  target: ContainerTarget,
  options: FaultOptions,
): Promise<ServerFaultImpact[]> {
  options.progress(`${target.name}, restart redis`);
  const restart = { seconds: 0, inject: () => target.restart('redis') };
  const restarted = await measureImpact(target, options, restart);
  options.progress(`${target.name}, cut postgres-replica`);
  const cut = { seconds: FAULT_SECONDS, inject: () => target.cutOff('postgres-replica', FAULT_SECONDS) };
  const cutOff = await measureImpact(target, options, cut);
  return [
    { server: 'redis', fault: 'restart', ...restarted },
    { server: 'postgres-replica', fault: 'cut', ...cutOff },
  ];
}

/** The images contain no code that blocks an event loop. */
const withoutBlockedEventLoops = (schedule: Schedule): Schedule => ({
  ...schedule,
  faults: { ...schedule.faults, kinds: schedule.faults.kinds.filter((fault) => fault !== 'block') },
});
