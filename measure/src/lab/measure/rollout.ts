import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isSuccess, openLoop } from '../../kit/open-loop.js';
import { arrivals } from '../../bench/split/pace.js';
import type { Mix, RequestGenerator } from '../load/request-mix.js';
import type { DeployResult } from '../results.js';
import type { Site } from '../site.js';
import { randomFrom } from '../stats/random.js';
import { REQUESTS_PER_ROUND } from './rounds.js';
import type { Workspace } from './workspace.js';

export interface RolloutOptions {
  readonly module: string;
  readonly workspace: Workspace;
  readonly builtSeconds: number;
  readonly requests: RequestGenerator;
  readonly mix: Mix;
  readonly perSecond: number;
  /** Of each host: enough that one can be replaced while another serves. */
  readonly replicas: number;
  readonly tell: (what: string) => void;
}

const LONGEST_SECONDS = 300;

/** Replaces every process that runs a module by one with new code, one after the other, under load. */
export async function rollOut(site: Site, options: RolloutOptions): Promise<DeployResult> {
  const { module, workspace, builtSeconds, requests, mix, perSecond, replicas, tell } = options;
  tell(`${site.name}, starting ${replicas} processes of each host`);
  const deployment = await site.deploy({ replicas });
  try {
    tell(`${site.name}, rolling ${module} out`);
    const shots = requests.generate(mix, REQUESTS_PER_ROUND, randomFrom(21));
    const over = new AbortController();
    const schedule = arrivals(shots, perSecond, LONGEST_SECONDS, randomFrom(22));
    const answers = openLoop(deployment.running.url, schedule, { signal: over.signal });
    await pause(1_000);
    const started = performance.now();
    const { hosts } = await deployment.roll(module, workspace.code);
    const rolledSeconds = (performance.now() - started) / 1000;
    await pause(1_000);
    over.abort();
    const answered = await answers;

    const rolled = hosts.filter(({ modules }) => modules.includes(module));
    for (const { name, pid } of rolled)
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(workspace.code))
        throw new Error(`${name} does not run the new code`);
    return {
      module,
      hosts: [...new Set(rolled.map(({ host }) => host))],
      processes: rolled.length,
      processesInAll: hosts.length,
      builtSeconds,
      rolledSeconds,
      requests: answered.length,
      failed: answered.filter((answer) => !isSuccess(answer)).length,
      bytes: rolled.length * (await workspace.bytes()),
    };
  } finally {
    await deployment.stop();
  }
}
