import { setTimeout as pause } from 'node:timers/promises';
import { type CheckReport, ConsistencyChecker } from '../../support/consistency-checker.js';
import { startTopology } from '../../support/running-topology.js';
import { TwoServers } from '../../support/two-servers.js';

export interface RoundsOptions {
  readonly topology: string;
  readonly modules: readonly string[];
  readonly rounds: number;
  readonly articles: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds of load before, between and after the moves. */
  readonly restMs: number;
}

export interface RoundsResult {
  readonly report: CheckReport;
  readonly doubledArticles: number;
  readonly seconds: number;
  /** By move: milliseconds for which tables were locked, until the slowest response, and in all. */
  readonly moves: readonly { lockedMs: number; slowestMs: number; tookMs: number }[];
}

const SESSIONS = 16;

/** Moves modules away and back while sessions write and read what they have written. */
export async function runRounds(
  { topology: name, modules, rounds, articles, rate, restMs }: RoundsOptions,
  log: (line: string) => void,
): Promise<RoundsResult> {
  const servers = await TwoServers.start(articles);
  try {
    const topology = await startTopology(name, {
      env: { LOG_LEVEL: 'error', REGISTRATIONS_PER_MINUTE: '1000000', ...servers.env },
    });
    try {
      const checker = new ConsistencyChecker({
        hosts: [topology.url],
        sessions: SESSIONS,
        carriesTokens: true,
        thinkMs: (2_000 * SESSIONS) / rate,
      });
      const moves: { lockedMs: number; slowestMs: number; tookMs: number }[] = [];
      const began = performance.now();
      await checker.run(async () => {
        await pause(restMs);
        for (let round = 1; round <= rounds; round += 1) {
          for (const action of ['move', 'back'] as const)
            for (const module of modules) {
              checker.report.slowest = 0;
              const { lockedMs, tookMs } = await servers.move(action, module);
              await pause(restMs);
              moves.push({ lockedMs, tookMs, slowestMs: checker.report.slowest });
              log(
                `${round}. ${action} ${module}: locked ${lockedMs} ms, slowest response ${checker.report.slowest.toFixed(0)} ms, ${tookMs.toFixed(0)} ms in all`,
              );
            }
          for (const module of modules) await servers.command('data', 'abort', module);
        }
      });
      const seconds = (performance.now() - began) / 1000;
      const report = await checker.settle();
      return { report, doubledArticles: await servers.doubledArticles(), seconds, moves };
    } finally {
      await topology.stop();
    }
  } finally {
    await servers.stop();
  }
}
