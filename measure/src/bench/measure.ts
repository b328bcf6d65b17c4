import type { HttpRequest } from '../kit/endpoints.js';
import { type LoadResult, closedLoop } from '../kit/closed-loop.js';
import { median } from './median.js';
import { cpuOf } from '../kit/process-usage.js';
import type { Subject } from './subjects.js';

/** What one round found: CPU in milliseconds a request. */
export interface Round extends LoadResult {
  readonly app: number;
  readonly database: number;
  readonly statements: number | undefined;
}

export interface Measured {
  readonly name: Subject['name'];
  readonly rounds: readonly Round[];
  /** Of each figure by itself, except that errors are added up. */
  readonly median: Round;
}

export interface MeasureOptions {
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** PostgreSQL's first process. */
  readonly postgres: number;
}

/** Loads the subjects in turn, round for round, so that what disturbs the machine disturbs them all. */
export async function measure(
  shots: readonly HttpRequest[],
  subjects: readonly Subject[],
  options: MeasureOptions,
): Promise<Measured[]> {
  const runs: { subject: Subject; shots: readonly HttpRequest[]; amount: number; rounds: Round[] }[] = [];
  for (const subject of subjects) {
    const own = shots.map(subject.aim);
    runs.push({ subject, shots: own, amount: await warmUp(subject, own, options), rounds: [] });
  }
  for (let round = 0; round < options.rounds; round += 1)
    for (const run of runs) run.rounds.push(await measureRound(run.subject, run.shots, run.amount, options));
  return runs.map(({ subject: { name }, rounds }) => ({ name, rounds, median: medianOf(rounds) }));
}

/** Loads until the code is compiled and the caches are full. @returns how many requests a round takes */
async function warmUp(
  { url }: Subject,
  shots: readonly HttpRequest[],
  { seconds, connections }: MeasureOptions,
): Promise<number> {
  let { perSecond } = await closedLoop(url, shots, connections, connections * 2);
  for (const part of [0.25, 0.5, 1])
    ({ perSecond } = await closedLoop(url, shots, connections, perSecond * seconds * part));
  return Math.ceil(perSecond * seconds);
}

async function measureRound(
  subject: Subject,
  shots: readonly HttpRequest[],
  amount: number,
  { connections, postgres }: MeasureOptions,
): Promise<Round> {
  const statements = await subject.statements?.();
  const [app, database] = [cpuOf(subject.pid), cpuOf(postgres)];
  const result = await closedLoop(subject.url, shots, connections, amount);
  const spent = { app: cpuOf(subject.pid) - app, database: cpuOf(postgres) - database };
  const sent = (await subject.statements?.()) ?? 0;
  return {
    ...result,
    app: spent.app / result.requests,
    database: spent.database / result.requests,
    statements: statements === undefined ? undefined : (sent - statements) / result.requests,
  };
}

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
    statements: rounds[0]!.statements === undefined ? undefined : middle(({ statements }) => statements!),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
  };
}
