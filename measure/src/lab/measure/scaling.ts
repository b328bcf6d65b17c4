import { hostServing, type Role } from '@tearline/topology';
import { setTimeout as pause } from 'node:timers/promises';
import { headersOf } from '../../kit/http-request.js';
import { closedLoop } from '../../kit/closed-loop.js';
import { cpuOfEach, memoryOfTree } from '../../kit/process-usage.js';
import type { RequestGenerator } from '../load/request-mix.js';
import type { ScalingResult } from '../results.js';
import type { Schedule } from '../schedule.js';
import { CONNECTIONS } from '../site.js';
import { randomFrom } from '../stats/random.js';
import { settle } from './round.js';
import type { RemoteDeployment } from '../deployment/remote.js';
import type { Place, Subject } from './subject.js';

/** Work of which there may be too much, and how fast it is done. */
interface Workload {
  readonly module: string;
  /** What the module's host must serve to do it. */
  readonly role: Role;
  /** @returns how much of it is done a second */
  readonly measure: (url: string, requests: RequestGenerator, seconds: number) => Promise<number>;
}

export const WORKLOADS: readonly Workload[] = [
  {
    module: 'identity',
    role: 'http',
    measure: async (url, requests, seconds) => {
      const shots = requests.generate({ login: 1 }, 1000, randomFrom(11));
      const first = await closedLoop(url, shots, 8, 16);
      return (await closedLoop(url, shots, 8, first.perSecond * seconds)).perSecond;
    },
  },
  {
    module: 'media',
    role: 'jobs',
    measure: async (url, requests, seconds) => {
      const first = await picturesPerSecond(url, requests, 4);
      return picturesPerSecond(url, requests, Math.max(4, Math.round(first * seconds)));
    },
  },
];

export interface ScalingOptions {
  readonly schedule: Schedule;
  readonly requests: RequestGenerator;
  /** The cores of what is added. */
  readonly cores: string | undefined;
  readonly tell: (what: string) => void;
}

/**
 * Doubles each host that does hot work, and gives what is added other cores, as another machine would. The subject keeps
 * what it got.
 */
export async function measureScaling(
  subject: Subject<Place, RemoteDeployment>,
  options: ScalingOptions,
): Promise<ScalingResult[]> {
  const { topology, name } = subject.site;
  const hosts = WORKLOADS.map(({ module, role }) => hostServing(topology, module, role));
  const measureAll = async (when: string) => {
    const all: number[][] = [];
    for (const part of WORKLOADS) {
      options.tell(`${name}, ${part.module} ${when}`);
      all.push(await rounds(subject, part, options));
    }
    return all;
  };
  const before = await measureAll('as it is');
  const added = new Map<string, number[]>();
  for (const host of new Set(hosts.map((one) => one.name)))
    added.set(host, await double(subject, host, options.cores));
  const after = await measureAll('doubled');
  await settle(subject);
  const idle = new Map<string, number>();
  for (const [host, pids] of added) idle.set(host, await idleOf(pids));
  return WORKLOADS.map(({ module }, index) => {
    const host = hosts[index]!;
    const pids = added.get(host.name)!;
    return {
      hot: module,
      host: host.name,
      modules: host.modules,
      before: before[index]!,
      after: after[index]!,
      memoryMiB: pids.reduce((sum, pid) => sum + memoryOfTree(pid), 0),
      idleMsPerSecond: idle.get(host.name)!,
      connections: pids.length * host.modules.length * CONNECTIONS,
    };
  });
}

async function rounds(
  { deployment }: Subject,
  { measure }: Workload,
  { schedule: { scaling }, requests }: ScalingOptions,
): Promise<number[]> {
  const found: number[] = [];
  for (let round = 0; round < scaling.rounds; round += 1)
    found.push(await measure(deployment.running.url, requests, scaling.seconds));
  return found;
}

/** @returns the processes that were added */
async function double(
  { deployment }: Subject<Place, RemoteDeployment>,
  name: string,
  cores: string | undefined,
): Promise<number[]> {
  const of = () => deployment.running.hosts.filter(({ host }) => host === name).map(({ pid }) => pid);
  const before = of();
  for (let count = 0; count < before.length; count += 1) await deployment.add(name, cores);
  return of().filter((pid) => !before.includes(pid));
}

const IDLE_SECONDS = 2;

async function idleOf(pids: readonly number[]): Promise<number> {
  const spent = () => cpuOfEach(pids).reduce((sum, each) => sum + each, 0);
  const before = spent();
  await pause(IDLE_SECONDS * 1000);
  return (spent() - before) / IDLE_SECONDS;
}

/** Uploads pictures and waits until all of them have been made into their sizes. */
async function picturesPerSecond(url: string, requests: RequestGenerator, count: number): Promise<number> {
  const started = performance.now();
  const hashes = await Promise.all(
    requests.generate({ upload: 1 }, count, randomFrom(12)).map(async (shot) => {
      const body = (shot.body as () => Buffer<ArrayBuffer>)();
      const response = await fetch(url + shot.path, { method: 'POST', headers: headersOf(shot), body });
      return ((await response.json()) as { media: { hash: string } }).media.hash;
    }),
  );
  for (const hash of hashes) while (await isPending(`${url}/api/media/${hash}`)) await pause(25);
  return (count / (performance.now() - started)) * 1000;
}

async function isPending(url: string): Promise<boolean> {
  const { media } = (await (await fetch(url)).json()) as { media: { status: string } };
  return media.status === 'pending';
}
