import type { Database } from '../../kit/database.js';
import type { HttpRequest } from '../../kit/endpoints.js';
import { type LoadResult, closedLoop } from '../../kit/closed-loop.js';
import { median } from '../median.js';
import { cpuOf } from '../../kit/process-usage.js';
import type { ServerProcess } from '../../kit/server-process.js';
import { readsOf } from '../monolith.js';
import type { ReplicaOptions } from './options.js';

/** A monolith on so many replicas. */
export interface Placed {
  readonly replicas: number;
  readonly server: ServerProcess;
}

/** What it did with the load; CPU in milliseconds a request. */
export interface Outcome extends LoadResult {
  readonly replicas: number;
  readonly app: number;
  readonly primary: number;
  readonly onReplicas: number;
  /** Of the reads, those that a replica served; each one's share. */
  readonly shares: readonly number[];
}

/** Loads the servers in turn, round for round, so that what disturbs the machine disturbs them all. */
export async function compare(
  shots: readonly HttpRequest[],
  servers: readonly Placed[],
  database: Database,
  { rounds, seconds, connections }: ReplicaOptions,
): Promise<Outcome[]> {
  const runs: { placed: Placed; amount: number; outcomes: Outcome[] }[] = [];
  for (const placed of servers) {
    const { url } = placed.server;
    let { perSecond } = await closedLoop(url, shots, connections, shots.length / 10);
    ({ perSecond } = await closedLoop(url, shots, connections, perSecond * seconds));
    runs.push({ placed, amount: Math.ceil(perSecond * seconds), outcomes: [] });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const { placed, amount, outcomes } of runs)
      outcomes.push(await measure(shots, placed, database, amount, connections));
  return runs.map(({ outcomes }) => medianOf(outcomes));
}

async function measure(
  shots: readonly HttpRequest[],
  { replicas, server: { url, pid } }: Placed,
  { pid: primary, replicas: others }: Database,
  amount: number,
  connections: number,
): Promise<Outcome> {
  const cpu = () => [pid, primary, ...others.map((other) => other.pid)].map(cpuOf);
  const [before, readsBefore] = [cpu(), await readsOf(url)];
  const result = await closedLoop(url, shots, connections, amount);
  const [after, reads] = [cpu(), await readsOf(url)];
  const [app, onPrimary, ...onOthers] = after.map((each, index) => (each - before[index]!) / result.requests);
  const served = (server: string) => (reads.get(server) ?? 0) - (readsBefore.get(server) ?? 0);
  const all = [...reads.keys()].reduce((sum, server) => sum + served(server), 0);
  return {
    ...result,
    replicas,
    app: app!,
    primary: onPrimary!,
    onReplicas: onOthers.reduce((sum, each) => sum + each, 0),
    shares: others.slice(0, replicas).map(({ url: { host } }) => served(host) / all),
  };
}

function medianOf(outcomes: readonly Outcome[]): Outcome {
  const middle = (of: (outcome: Outcome) => number) => median(outcomes.map(of));
  const { replicas, shares } = outcomes[0]!;
  return {
    replicas,
    shares: shares.map((_, index) => middle((outcome) => outcome.shares[index]!)),
    requests: middle(({ requests }) => requests),
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p95: middle(({ p95 }) => p95),
    p99: middle(({ p99 }) => p99),
    app: middle(({ app }) => app),
    primary: middle(({ primary }) => primary),
    onReplicas: middle(({ onReplicas }) => onReplicas),
    errors: outcomes.reduce((sum, { errors }) => sum + errors, 0),
  };
}
