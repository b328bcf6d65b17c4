import type { Endpoint, HttpRequest } from '../../kit/endpoints.js';
import { type LoadResult, closedLoop } from '../../kit/closed-loop.js';
import { median } from '../median.js';
import { cpuOf } from '../../kit/process-usage.js';
import type { SplitOptions } from './options.js';
import { pace } from './pace.js';
import { callsBetween, type Placement } from './placement.js';

/** What one round found: CPU in milliseconds and calls between modules a request, over all processes. */
export interface Round extends LoadResult {
  readonly app: number;
  readonly database: number;
  readonly local: number;
  readonly remote: number;
}

/** Medians of one placement. */
export interface Outcome {
  readonly name: Placement['name'];
  /** Under the load that both are compared under. */
  readonly paced: Round;
  /** Under as much as it bears. */
  readonly full: Round;
}

/** Loads the placements in turn, round for round: as much as each bears, then both with the same. */
export async function compare(
  endpoint: Endpoint,
  shots: readonly HttpRequest[],
  placements: readonly Placement[],
  postgres: number,
  { seconds, rounds, connections, share }: SplitOptions,
): Promise<Outcome[]> {
  const round = async (placement: Placement, send: (url: string) => Promise<LoadResult>): Promise<Round> => {
    const before = await callsBetween(placement);
    const spent = () => placement.processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
    const [app, database] = [spent(), cpuOf(postgres)];
    const result = await send(placement.serving(endpoint.name).url);
    const used = { app: spent() - app, database: cpuOf(postgres) - database };
    const after = await callsBetween(placement);
    return {
      ...result,
      app: used.app / result.requests,
      database: used.database / result.requests,
      local: (after.local - before.local) / result.requests,
      remote: (after.remote - before.remote) / result.requests,
    };
  };
  const inTurn = async (send: (url: string, of: Placement) => Promise<LoadResult>) => {
    const all = placements.map((): Round[] => []);
    for (let turn = 0; turn < rounds; turn += 1)
      for (const [index, placement] of placements.entries())
        all[index]!.push(await round(placement, (url) => send(url, placement)));
    return all.map(medianOf);
  };

  const borne = new Map<Placement, number>();
  for (const placement of placements) {
    const { url } = placement.serving(endpoint.name);
    let { perSecond } = await closedLoop(url, shots, connections, connections * 2);
    for (const part of [0.25, 0.5, 1])
      ({ perSecond } = await closedLoop(url, shots, connections, perSecond * seconds * part));
    borne.set(placement, perSecond);
  }
  const full = await inTurn((url, of) => closedLoop(url, shots, connections, borne.get(of)! * seconds));
  const rate = share * Math.min(...full.map(({ perSecond }) => perSecond));
  const paced = await inTurn((url) => pace(url, shots, rate, seconds));
  return placements.map(({ name }, index) => ({ name, paced: paced[index]!, full: full[index]! }));
}

/** Of each figure by itself, except that errors are added up. */
function medianOf(rounds: readonly Round[]): Round {
  const middle = (of: (round: Round) => number) => median(rounds.map(of));
  return {
    requests: middle(({ requests }) => requests),
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p95: middle(({ p95 }) => p95),
    p99: middle(({ p99 }) => p99),
    app: middle(({ app }) => app),
    database: middle(({ database }) => database),
    local: middle(({ local }) => local),
    remote: middle(({ remote }) => remote),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
  };
}
