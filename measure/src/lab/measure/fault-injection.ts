import { isReady } from '@tearline/process';
import { setTimeout as pause } from 'node:timers/promises';
import { isSuccess, sendAtRate, type TimedResponse } from '../../kit/open-loop.js';
import { countBy, quantiles, seededRandom } from '../../kit/statistics.js';
import { type EndpointRequest, uniformMix } from '../request-mix.js';
import type { HostFaultImpact, Impact } from '../results.js';
import { type Fault, FAULT_SECONDS } from '../schedule.js';
import type { Target } from '../target.js';
import type { StageMeasurement } from './measurement.js';

/** Requests a second during a fault: so few that nothing else fails. */
const MAX_RATE_DURING_FAULTS = 30;
const REQUEST_TIMEOUT_MS = 3_000;
const RECOVERY_TIMEOUT_MS = 30_000;

/** Injects each fault into one process of each host in turn, under requests to all endpoints. */
export async function injectFaults(target: Target, options: StageMeasurement): Promise<HostFaultImpact[]> {
  const found: HostFaultImpact[] = [];
  for (const { name: host } of target.topology.hosts)
    for (const fault of options.schedule.faults.kinds) {
      options.progress(`${target.name}, ${fault} ${host}`);
      const { pid } = target.running.hosts.find((process) => process.host === host)!;
      const seconds = fault === 'kill' ? 0 : FAULT_SECONDS;
      const inject = () => injectInto(pid, fault);
      found.push({ host, fault, ...(await measureImpact(target, options, { seconds, inject })) });
    }
  return found;
}

/**
 * Injects a fault under requests to all endpoints. Resolves when every host is ready again.
 * @param fault its duration, and a function that resolves when it is over
 */
export async function measureImpact(
  target: Target,
  { schedule: { faults }, generator, mix, perSecond: lowestRate }: StageMeasurement,
  fault: { readonly seconds: number; readonly inject: () => Promise<void> },
): Promise<Impact> {
  const random = seededRandom(7);
  const perSecond = Math.min(MAX_RATE_DURING_FAULTS, lowestRate);
  const planned = faults.before + fault.seconds + faults.after;
  const seconds = planned + RECOVERY_TIMEOUT_MS / 1000;
  const requests = generator.generate(uniformMix(mix), Math.ceil(perSecond * seconds * 1.5), random);
  const load = new AbortController();
  const rate = { perSecond, seconds, random, timeoutMs: REQUEST_TIMEOUT_MS, signal: load.signal };
  const sent = sendAtRate(target.running.url, requests, rate);
  try {
    const [, recovery] = await Promise.allSettled([
      pause(planned * 1000),
      pause(faults.before * 1000)
        .then(fault.inject)
        .then(() => untilRecovered(target)),
    ]);
    if (recovery.status === 'rejected') throw recovery.reason;
  } finally {
    load.abort();
  }
  const responses = await sent;
  await target.refresh?.();
  return impactOf(responses, faults.before);
}

/** Summarizes the requests since the fault. @param at seconds from the start */
export function impactOf(responses: readonly TimedResponse<EndpointRequest>[], at: number): Impact {
  const since = responses.filter((response) => response.at >= at * 1000);
  const failed = since.filter((response) => !isSuccess(response));
  const latencies = since.map(({ latency }) => latency);
  return {
    requests: since.length,
    sent: countBy(since, endpointOf),
    failed: countBy(failed, endpointOf),
    seconds: failed.length === 0 ? 0 : Math.max(...failed.map((response) => response.at)) / 1000 - at,
    p99: quantiles(latencies, [0.99])[0]!,
  };
}

const endpointOf = ({ request }: TimedResponse<EndpointRequest>) => request.endpoint;

async function injectInto(pid: number, fault: Fault): Promise<void> {
  if (fault === 'kill') return void process.kill(pid, 'SIGKILL');
  if (fault === 'block') return void process.kill(pid, 'SIGUSR2');
  process.kill(pid, 'SIGSTOP');
  try {
    await pause(FAULT_SECONDS * 1000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function untilRecovered({ running, name: target }: Target): Promise<void> {
  const deadline = performance.now() + RECOVERY_TIMEOUT_MS;
  for (const { url, name } of running.hosts)
    while (!(await isReady(url))) {
      if (performance.now() > deadline)
        throw new Error(`${target}: ${name} is not ready ${RECOVERY_TIMEOUT_MS / 1000} s after a fault`);
      await pause(50);
    }
}
