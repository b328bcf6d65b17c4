import { closedLoop, type LoadResult, warmUp } from '../kit/closed-loop.js';
import type { Database } from '../kit/database.js';
import type { HttpRequest } from '../kit/http-request.js';
import { inTurn } from '../kit/in-turn.js';
import { cpuOfEach } from '../kit/process-usage.js';
import type { ServerProcess } from '../kit/server-process.js';
import { medianRound, sum } from '../kit/statistics.js';

/** A server under load. */
export interface Target {
  readonly name: string;
  readonly server: ServerProcess;
  readonly requests: readonly HttpRequest[];
  /** Returns counters of the server so far. */
  readonly counters?: () => Promise<Readonly<Record<string, number>>>;
  /** Resolves when the server has done all work that its requests have caused. */
  readonly settled?: () => Promise<void>;
}

/** The figures of one round. */
export interface Round extends LoadResult {
  /** CPU milliseconds a request of the server, the primary and the replicas. */
  readonly app: number;
  readonly database: number;
  readonly replicas: number;
  /** What each counter has grown by a request. */
  readonly [counter: string]: number;
}

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly median: Round;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
}

/** Loads the targets in turn. */
export async function measureTargets(
  targets: readonly Target[],
  { pid: primary, replicas }: Database,
  { seconds, rounds, connections }: MeasureOptions,
): Promise<Measured[]> {
  const amounts: number[] = [];
  for (const { server, requests } of targets) {
    const steps = [0.25, 0.5, 1].map((part) => part * seconds);
    amounts.push((await warmUp(server.url, requests, connections, steps)) * seconds);
  }
  const found = await inTurn(targets, rounds, async ({ server, requests, counters, settled }, index) => {
    await settled?.();
    const cpu = () => cpuOfEach([server.pid, primary, ...replicas.map(({ pid }) => pid)]);
    const [countedBefore, before] = [await counters?.(), cpu()];
    const load = await closedLoop(server.url, requests, { connections, amount: amounts[index]! });
    await settled?.();
    const [app, database, ...onReplicas] = cpu().map((used, part) => (used - before[part]!) / load.requests);
    const counted = Object.entries((await counters?.()) ?? {}).map(
      ([name, count]) => [name, (count - (countedBefore![name] ?? 0)) / load.requests] as const,
    );
    return {
      ...load,
      app: app!,
      database: database!,
      replicas: sum(onReplicas),
      ...Object.fromEntries(counted),
    };
  });
  return targets.map(({ name }, index) => ({
    name,
    rounds: found[index]!,
    median: medianRound(found[index]!),
  }));
}
