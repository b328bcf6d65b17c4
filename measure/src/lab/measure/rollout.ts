import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isSuccess, sendAtRate, type TimedResponse } from '../../kit/open-loop.js';
import { countBy, seededRandom } from '../../kit/statistics.js';
import type { EndpointRequest } from '../request-mix.js';
import type { DeployResult } from '../results.js';
import type { Stack } from '../stack.js';
import { REQUESTS_PER_ROUND, type StageMeasurement } from './measurement.js';
import type { Workspace } from './workspace.js';

export interface RolloutOptions extends StageMeasurement {
  readonly module: string;
  readonly workspace: Workspace;
  readonly buildSeconds: number;
  /** Processes of each host: at least two, so that one serves while another is replaced. */
  readonly replicas: number;
}

const MAX_SECONDS = 300;

/** Replaces every process that runs a module by one with new code, one after the other, under load. */
export async function measureRollout(stack: Stack, options: RolloutOptions): Promise<DeployResult> {
  const { module, workspace, buildSeconds, generator, mix, perSecond, replicas, progress } = options;
  progress(`${stack.name}, starting ${replicas} processes of each host`);
  const deployment = await stack.deploy({ replicas });
  try {
    progress(`${stack.name}, rolling ${module} out`);
    const requests = generator.generate(mix, REQUESTS_PER_ROUND, seededRandom(21));
    const load = new AbortController();
    const rate = { perSecond, seconds: MAX_SECONDS, random: seededRandom(22), signal: load.signal };
    const responses = sendAtRate(deployment.running.url, requests, rate);
    await pause(1_000);
    const replaced = deployment.running.hosts.filter(({ modules }) => modules.includes(module));
    const started = performance.now();
    for (const { name } of replaced) await deployment.restart(name, workspace.code);
    const rolloutSeconds = (performance.now() - started) / 1000;
    await pause(1_000);
    load.abort();
    const answered = await responses;

    const { hosts } = deployment.running;
    for (const { name, pid } of hosts.filter(({ modules }) => modules.includes(module)))
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(workspace.code))
        throw new Error(`${name} does not run the new code`);
    return {
      module,
      hosts: [...new Set(replaced.map(({ host }) => host))],
      processes: replaced.length,
      totalProcesses: hosts.length,
      buildSeconds,
      rolloutSeconds,
      requests: answered.length,
      failures: countBy(
        answered.filter((response) => !isSuccess(response)),
        causeOf,
      ),
      bytes: replaced.length * (await workspace.bytes()),
    };
  } finally {
    await deployment.stop();
  }
}

const causeOf = ({ request, status }: TimedResponse<EndpointRequest>) =>
  `${request.endpoint} ${status || 'no response'}`;
