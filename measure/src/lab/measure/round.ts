import { setTimeout as pause } from 'node:timers/promises';
import { closedLoop } from '../../kit/closed-loop.js';
import { seamCalls } from '../../kit/metrics.js';
import { loadAtRate, type RateOptions, type RateResult } from '../../kit/open-loop.js';
import type { EndpointRequest } from '../request-mix.js';
import type { Target } from '../target.js';
import { type ByKind, cpuByKind, difference } from './resource-usage.js';

/** The figures of one round. */
export interface Round extends RateResult {
  /** CPU milliseconds a request, including the events and jobs that it causes. */
  readonly cpu: ByKind;
  /** Calls between modules a request, within a process and to another one. */
  readonly local: number;
  readonly remote: number;
}

/** Measures the requests that a number of connections get through. */
export const measureSaturation = (
  target: Target,
  requests: readonly EndpointRequest[],
  load: { connections: number; amount: number },
): Promise<Round> =>
  measureRound(target, async (url) => ({ ...(await closedLoop(url, requests, load)), delay: 0 }));

/** Measures requests that arrive at a mean rate. */
export const measureAtRate = (
  target: Target,
  requests: readonly EndpointRequest[],
  load: RateOptions,
): Promise<Round> => measureRound(target, (url) => loadAtRate(url, requests, load));

async function measureRound(target: Target, work: (url: string) => Promise<RateResult>): Promise<Round> {
  const { hosts, url } = target.running;
  const readCalls = () => seamCalls(hosts.map((host) => host.url));
  const [calls, cpu] = [await readCalls(), cpuByKind(target)];
  const load = await work(url);
  await untilIdle(target);
  const used = difference(cpu, cpuByKind(target), load.requests);
  const after = await readCalls();
  return {
    ...load,
    cpu: used,
    local: (after.local - calls.local) / load.requests,
    remote: (after.remote - calls.remote) / load.requests,
  };
}

const IDLE_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 150;
/** The CPU of an idle target, as a share of a core. */
const MAX_IDLE_SHARE = 0.15;

/** Waits until most of the events and jobs that the requests have caused are done. */
export async function untilIdle(target: Target): Promise<void> {
  const used = () => {
    const { hosts, postgres } = cpuByKind(target);
    return hosts + postgres;
  };
  const deadline = performance.now() + IDLE_TIMEOUT_MS;
  for (let before = used(); performance.now() < deadline;) {
    await pause(POLL_INTERVAL_MS);
    const after = used();
    if (after - before < MAX_IDLE_SHARE * POLL_INTERVAL_MS) return;
    before = after;
  }
}
