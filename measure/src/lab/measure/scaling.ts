import { hostServing, type Role } from '@tearline/topology';
import { setTimeout as pause } from 'node:timers/promises';
import { closedLoop } from '../../kit/closed-loop.js';
import { sendRequest } from '../../kit/http-request.js';
import { cpuOf, memoryOfTrees } from '../../kit/process-usage.js';
import { seededRandom } from '../../kit/statistics.js';
import { untilProcessed } from '../../kit/uploads.js';
import type { Deployment } from '../deployment/deployment.js';
import type { RequestGenerator } from '../request-mix.js';
import type { ScalingResult } from '../results.js';
import { CONNECTIONS_PER_MODULE } from '../host-settings.js';
import type { Measurement } from './measurement.js';
import { untilIdle } from './round.js';

/** Work that one module does. */
interface Workload {
  readonly module: string;
  /** The role of the host that does it. */
  readonly role: Role;
  /** @returns the units of work a second */
  readonly measure: (url: string, generator: RequestGenerator, seconds: number) => Promise<number>;
}

const WORKLOADS: readonly Workload[] = [
  {
    module: 'identity',
    role: 'http',
    measure: async (url, generator, seconds) => {
      const requests = generator.generate({ login: 1 }, 1000, seededRandom(11));
      const first = await closedLoop(url, requests, { connections: 8, amount: 16 });
      const load = { connections: 8, amount: first.perSecond * seconds };
      return (await closedLoop(url, requests, load)).perSecond;
    },
  },
  {
    module: 'media',
    role: 'jobs',
    measure: async (url, generator, seconds) => {
      const first = await picturesPerSecond(url, generator, 4);
      return picturesPerSecond(url, generator, Math.max(4, Math.round(first * seconds)));
    },
  },
];

const IDLE_SECONDS = 2;

/**
 * Doubles the processes of each host that does a workload. The added ones get other cores, as on another machine. They
 * stay.
 * @param cores those of the added processes
 */
export async function measureScaling(
  target: Deployment,
  measurement: Measurement,
  cores: string | undefined,
): Promise<ScalingResult[]> {
  const hosts = WORKLOADS.map(({ module, role }) => hostServing(target.topology, module, role));
  const before = await measureWorkloads(target, measurement, 'before');
  const added = new Map<string, number[]>();
  for (const { name } of new Set(hosts)) added.set(name, await double(target, name, cores));
  const after = await measureWorkloads(target, measurement, 'doubled');
  await untilIdle(target);
  const idle = new Map<string, number>();
  for (const [host, pids] of added) idle.set(host, await idleCpu(pids));
  return WORKLOADS.map(({ module }, index) => {
    const { name: host, modules } = hosts[index]!;
    const pids = added.get(host)!;
    return {
      module,
      host,
      modules,
      before: before[index]!,
      after: after[index]!,
      memoryMiB: memoryOfTrees(...pids),
      idleMsPerSecond: idle.get(host)!,
      connections: pids.length * modules.length * CONNECTIONS_PER_MODULE,
    };
  });
}

async function measureWorkloads(
  target: Deployment,
  { schedule: { scaling }, generator, progress }: Measurement,
  step: string,
): Promise<number[][]> {
  const all: number[][] = [];
  for (const { module, measure } of WORKLOADS) {
    progress(`${target.name}, ${module} ${step}`);
    const found: number[] = [];
    for (let round = 0; round < scaling.rounds; round += 1)
      found.push(await measure(target.running.url, generator, scaling.seconds));
    all.push(found);
  }
  return all;
}

/** @returns the processes that were added */
async function double(target: Deployment, name: string, cores: string | undefined): Promise<number[]> {
  const pids = () => target.running.hosts.filter(({ host }) => host === name).map(({ pid }) => pid);
  const before = pids();
  for (let count = 0; count < before.length; count += 1) await target.add(name, cores);
  return pids().filter((pid) => !before.includes(pid));
}

/** Returns CPU milliseconds a second. */
async function idleCpu(pids: readonly number[]): Promise<number> {
  const before = cpuOf(...pids);
  await pause(IDLE_SECONDS * 1000);
  return (cpuOf(...pids) - before) / IDLE_SECONDS;
}

/** Uploads pictures and waits until all variants are made. */
async function picturesPerSecond(url: string, generator: RequestGenerator, count: number): Promise<number> {
  const started = performance.now();
  const uploads = generator.generate({ upload: 1 }, count, seededRandom(12));
  const hashes = await Promise.all(
    uploads.map(async (request) => {
      const response = JSON.parse(await sendRequest(url, request)) as { media: { hash: string } };
      return response.media.hash;
    }),
  );
  await untilProcessed(url, hashes);
  return (count / (performance.now() - started)) * 1000;
}
