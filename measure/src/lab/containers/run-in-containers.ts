import { isDeepStrictEqual } from 'node:util';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Topology } from '@tearline/topology';
import type { Cleanup } from '../../kit/cleanup.js';
import { makeKeys, type Samples } from '../../kit/samples.js';
import { describeEnvironment, watchOtherProcesses } from '../environment.js';
import { coresHere } from '../cores.js';
import { RequestGenerator } from '../load/request-mix.js';
import { Uploads } from '../load/uploads.js';
import { type BlastOptions, blasts, impactOn, MOST_WHILE_FAILING } from '../measure/fault-injection.js';
import { measureRounds } from '../measure/rounds.js';
import type { Options } from '../options.js';
import { ProgressReporter } from '../progress.js';
import { REPEATED, type HostFaultImpact, type Results, type ServerFaultImpact } from '../results.js';
import { FULL, QUICK, type Schedule, SHARES, expectedSeconds, scaled } from '../schedule.js';
import { UsageError } from '../usage-error.js';
import { FAULT_SECONDS } from '../deployment/block-seconds.js';
import { ContainerSite } from './container-site.js';

/** Without an image that is there already. */
const BUILD_SECONDS = 60;
const START_SECONDS = 40;

/** Measures topologies in containers: what can be seen from outside. @throws UsageError before anything is started */
export async function runInContainers(
  options: Options,
  topologies: readonly Topology[],
  cleanup: Cleanup,
): Promise<Results> {
  if (process.getuid?.() !== 0)
    throw new UsageError(
      '--compose reads what the processes in containers use, which takes root: sudo npm run lab -- --compose',
    );
  const { mix, connections } = options;
  const schedule = withoutBlocks(scaled(options.quick ? QUICK : FULL, options.times));
  const hosts = topologies.map((topology) => topology.hosts.length);
  const expected = expectedSeconds(schedule, hosts);
  for (const stage of options.without) expected[stage] = 0;
  const { before, after } = schedule.blast;
  if (expected.blast > 0) expected.blast += topologies.length * (2 * (before + after) + FAULT_SECONDS);
  expected.prepare = BUILD_SECONDS + START_SECONDS * (topologies.length + 1);
  const progress = new ProgressReporter(expected);
  const started = performance.now();
  const cores = coresHere();
  const replicas = options.replicas ?? cores.count;

  const telling = progress.stage('prepare', topologies.length + 1);
  const subjects = await allUp(topologies, { cores, replicas, cleanup, tell: telling });
  const samples = await samplesOf(subjects);
  const requests = new RequestGenerator(samples, await Uploads.of());
  const common = { schedule, requests, mix, connections };
  const othersMeanwhile = watchOtherProcesses(subjects.flatMap(({ pids }) => pids));
  const measured = subjects.map((site) => ({ site, deployment: site }));
  const rounds = await measureRounds(measured, {
    ...common,
    tell: progress.stage('rounds', subjects.length * (1 + (1 + SHARES.length) * schedule.rounds)),
  });
  const others = othersMeanwhile();

  const inHosts = hosts.reduce((sum, count) => sum + count, 0) * schedule.blast.faults.length;
  const blasted: Record<string, HostFaultImpact[]> = {};
  const servers: Record<string, ServerFaultImpact[]> = {};
  if (!options.without.includes('blast')) {
    const perSecond = Math.min(MOST_WHILE_FAILING, rounds.rates[0]!);
    const tell = progress.stage('blast', inHosts + 2 * topologies.length);
    const times = { ...common, perSecond, tell };
    for (const subject of measured.filter(({ site }) => site.name !== REPEATED)) {
      blasted[subject.site.name] = await blasts(subject, times);
      servers[subject.site.name] = await blastsOfServers(subject.site, times);
    }
  }

  progress.end();
  const minutes = (performance.now() - started) / 60_000;
  return {
    version: 1,
    environment: describeEnvironment(options, {
      cores,
      replicas,
      minutes,
      otherCores: others,
      postgres: await subjects[0]!.postgresVersion(),
      queues: 'Redis',
    }),
    topologies,
    ...rounds,
    network: {},
    faults: blasted,
    serverFaults: servers,
    scaling: {},
    deploys: {},
  };
}

interface Common {
  readonly cores: ReturnType<typeof coresHere>;
  readonly replicas: number;
  readonly cleanup: Cleanup;
  readonly tell: (what: string) => void;
}

/** All of them, and the first one once more. */
async function allUp(
  topologies: readonly Topology[],
  { cores, replicas, cleanup, tell }: Common,
): Promise<ContainerSite[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-lab-'));
  cleanup.add(() => rm(dir, { recursive: true, force: true }));
  const keys = await makeKeys();
  const sites: ContainerSite[] = [];
  for (const [name, topology] of [...topologies.map((one) => [one.name, one] as const), again(topologies)]) {
    tell(`building and starting ${name}`);
    const project = `tearline-lab-${sites.length + 1}`;
    const common = { dir, cores, replicas, keys };
    sites.push(await ContainerSite.up({ name, topology, project, ...common }, cleanup));
  }
  return sites;
}

const again = ([first]: readonly Topology[]) => [REPEATED, first!] as const;

/** @throws Error when the databases do not hold the same */
async function samplesOf(sites: readonly ContainerSite[]): Promise<Samples> {
  const [first, ...others] = await Promise.all(sites.map((site) => site.samples()));
  const withoutTokens = ({ tokens, ...rest }: Samples) => ({ ...rest, count: tokens.length });
  if (!others.every((other) => isDeepStrictEqual(withoutTokens(other), withoutTokens(first!))))
    throw new Error('the databases were filled with different data');
  return first!;
}

async function blastsOfServers(site: ContainerSite, options: BlastOptions): Promise<ServerFaultImpact[]> {
  const subject = { site, deployment: site };
  options.tell(`${site.name}, restart redis`);
  const restarted = await impactOn(subject, options, { lasting: 0, commit: () => site.restart('redis') });
  options.tell(`${site.name}, cut postgres-replica`);
  const cut = await impactOn(subject, options, {
    lasting: FAULT_SECONDS,
    commit: () => site.cutOff('postgres-replica', FAULT_SECONDS),
  });
  return [
    { server: 'redis', fault: 'restart', ...restarted },
    { server: 'postgres-replica', fault: 'cut', ...cut },
  ];
}

/** The images have nothing in them that could block an event loop. */
const withoutBlocks = (schedule: Schedule): Schedule => ({
  ...schedule,
  blast: { ...schedule.blast, faults: schedule.blast.faults.filter((fault) => fault !== 'block') },
});
