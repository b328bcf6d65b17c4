import { closedLoop, type LoadResult, warmUp } from '../kit/closed-loop.js';
import type { HttpRequest } from '../kit/http-request.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { cpuOf } from '../kit/process-usage.js';
import type { ServerProcess } from '../kit/server-process.js';
import { medianRound } from '../kit/statistics.js';

/** A server under load. */
export interface Target {
  readonly name: 'tearline' | 'raw' | 'prebuilt';
  readonly url: string;
  readonly pid: number;
  /** Rewrites a request for this server. */
  readonly retarget?: (request: HttpRequest) => HttpRequest;
  /** Returns the SQL statements sent so far, where they are counted. */
  readonly statements?: () => Promise<number>;
}

export const monolithTarget = ({ url, pid }: ServerProcess): Target => ({
  name: 'tearline',
  url,
  pid,
  statements: async () => {
    const samples = await readMetric(url, 'database_queries_total');
    if (samples.length === 0) throw new Error(`${url}/metrics: expected the metric database_queries_total`);
    return sumSamples(samples, { work: 'call' });
  },
});

export const rawTarget = ({ url, pid }: ServerProcess): Target => ({ name: 'raw', url, pid });

/** @param length bytes of each response */
export const prebuiltTarget = ({ url, pid }: ServerProcess, length: number): Target => ({
  name: 'prebuilt',
  url,
  pid,
  retarget: (request) => ({ ...request, path: `/${length}` }),
});

/** The figures of one round; CPU in milliseconds a request. */
export interface Round extends LoadResult {
  readonly app: number;
  readonly database: number;
  readonly statements: number | undefined;
}

export interface Measured {
  readonly name: Target['name'];
  readonly rounds: readonly Round[];
  readonly median: Round;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** PostgreSQL's first process. */
  readonly postgres: number;
}

/** Loads the targets in turn, round by round, so that a disturbance of the machine affects all of them. */
export async function measureTargets(
  requests: readonly HttpRequest[],
  targets: readonly Target[],
  options: MeasureOptions,
): Promise<Measured[]> {
  const { seconds, connections } = options;
  const runs: { target: Target; requests: readonly HttpRequest[]; amount: number; rounds: Round[] }[] = [];
  for (const target of targets) {
    const own = target.retarget ? requests.map(target.retarget) : requests;
    const steps = [0.25, 0.5, 1].map((part) => part * seconds);
    const perSecond = await warmUp(target.url, own, connections, steps);
    runs.push({ target, requests: own, amount: Math.ceil(perSecond * seconds), rounds: [] });
  }
  for (let round = 0; round < options.rounds; round += 1)
    for (const run of runs)
      run.rounds.push(await measureRound(run.target, run.requests, run.amount, options));
  return runs.map(({ target: { name }, rounds }) => ({ name, rounds, median: medianRound(rounds) }));
}

async function measureRound(
  target: Target,
  requests: readonly HttpRequest[],
  amount: number,
  { connections, postgres }: MeasureOptions,
): Promise<Round> {
  const statements = await target.statements?.();
  const [app, database] = [cpuOf(target.pid), cpuOf(postgres)];
  const result = await closedLoop(target.url, requests, { connections, amount });
  const used = { app: cpuOf(target.pid) - app, database: cpuOf(postgres) - database };
  const sent = (await target.statements?.()) ?? 0;
  return {
    ...result,
    app: used.app / result.requests,
    database: used.database / result.requests,
    statements: statements === undefined ? undefined : (sent - statements) / result.requests,
  };
}
