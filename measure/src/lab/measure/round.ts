import { setTimeout as pause } from 'node:timers/promises';
import { quantiles } from '../../kit/statistics.js';
import { closedLoop } from '../../kit/closed-loop.js';
import { type Response, isSuccess, openLoop } from '../../kit/open-loop.js';
import { arrivals } from '../../bench/split/pace.js';
import { callsBetween } from '../../bench/split/placement.js';
import type { EndpointRequest } from '../load/request-mix.js';
import type { Subject } from './subject.js';
import { type ByKind, cpuByKind, difference } from './resource-usage.js';

/** What one round found. */
export interface Round {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly errors: number;
  /** Milliseconds of CPU a request, the work included that it left behind. */
  readonly cpu: ByKind;
  /** Calls between modules a request, within a process and to another one. */
  readonly local: number;
  readonly remote: number;
  /** Milliseconds that 99 of 100 requests were sent within after their time. */
  readonly late: number;
}

type Seen = Pick<Round, 'requests' | 'perSecond' | 'p50' | 'p95' | 'p99' | 'errors' | 'late'>;

/** As many requests as these connections can get through. */
export async function saturate(
  subject: Subject,
  shots: readonly EndpointRequest[],
  { connections, amount }: { connections: number; amount: number },
): Promise<Round> {
  return observed(subject, async (url) => ({
    ...(await closedLoop(url, shots, connections, amount)),
    late: 0,
  }));
}

/** Requests that come at this rate, whatever becomes of those before. */
export async function measureAtRate(
  subject: Subject,
  shots: readonly EndpointRequest[],
  { perSecond, seconds, random }: { perSecond: number; seconds: number; random: () => number },
): Promise<Round> {
  return observed(subject, async (url) => {
    const schedule = [...arrivals(shots, perSecond, seconds, random)];
    return seen(await openLoop(url, schedule), seconds);
  });
}

function seen(answers: readonly Response<EndpointRequest>[], seconds: number): Seen {
  const [p50, p95, p99] = quantiles(
    answers.map(({ milliseconds }) => milliseconds),
    [0.5, 0.95, 0.99],
  );
  const [late] = quantiles(
    answers.map((answer) => answer.late),
    [0.99],
  );
  const errors = answers.filter((answer) => !isSuccess(answer)).length;
  const perSecond = (answers.length - errors) / seconds;
  return { requests: answers.length, perSecond, p50: p50!, p95: p95!, p99: p99!, errors, late: late! };
}

async function observed({ site, deployment }: Subject, work: (url: string) => Promise<Seen>): Promise<Round> {
  const { hosts, url } = deployment.running;
  const calls = await callsBetween({ processes: hosts });
  const cpu = cpuByKind(site, deployment);
  const found = await work(url);
  await settle({ site, deployment });
  const used = difference(cpu, cpuByKind(site, deployment), found.requests);
  const after = await callsBetween({ processes: hosts });
  return {
    ...found,
    cpu: used,
    local: (after.local - calls.local) / found.requests,
    remote: (after.remote - calls.remote) / found.requests,
  };
}

const LONGEST_MS = 5_000;
const STEP_MS = 150;
/** Of a core. */
const AT_REST = 0.15;

/** Waits until events and jobs that the requests have left behind are done, or most of them. */
export async function settle({ site, deployment }: Subject): Promise<void> {
  const used = () => {
    const { hosts, postgres } = cpuByKind(site, deployment);
    return hosts + postgres;
  };
  const end = performance.now() + LONGEST_MS;
  for (let before = used(); performance.now() < end;) {
    await pause(STEP_MS);
    const after = used();
    if (after - before < AT_REST * STEP_MS) return;
    before = after;
  }
}
