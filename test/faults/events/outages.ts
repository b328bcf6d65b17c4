import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './load.js';
import type { TestEnvironment } from './test-environment.js';
import { drain, type DrainResult } from './drain.js';

/** An outage of Redis. */
export interface Outage {
  readonly description: string;
  /** @param seconds how long it lasts */
  readonly inject: (environment: Pick<TestEnvironment, 'redis'>, seconds: number) => Promise<void>;
}

const FLUSH_INTERVAL_MS = 3_000;

export const outages: readonly Outage[] = [
  {
    description: 'killed, and started again after',
    inject: async ({ redis }, seconds) => {
      await redis.kill();
      await pause(seconds * 1000);
      await redis.start();
    },
  },
  {
    description: 'killed, and started again without its data after',
    inject: async ({ redis }, seconds) => {
      await redis.kill({ deleteData: true });
      await pause(seconds * 1000);
      await redis.start();
    },
  },
  {
    description: 'stopped answering (SIGSTOP) for',
    inject: async ({ redis }, seconds) => {
      redis.pause();
      await pause(seconds * 1000);
      redis.resume();
    },
  },
  {
    description: `FLUSHALL every ${FLUSH_INTERVAL_MS / 1000} s for`,
    inject: async ({ redis }, seconds) => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(FLUSH_INTERVAL_MS))
        await redis.flush();
    },
  },
];

export interface OutageResult extends DrainResult {
  readonly description: string;
  readonly seconds: number;
  /** Requests that failed. */
  readonly failed: number;
  /** Milliseconds of the slowest request. */
  readonly slowest: number;
}

const MARGIN_MS = 2_000;

/** Injects an outage under constant load, waits until everything is delivered, and counts. */
export async function runOutage(
  environment: TestEnvironment,
  { description, inject }: Outage,
  options: { name: string; rate: number; seconds: number },
): Promise<OutageResult> {
  const { name, rate, seconds } = options;
  const load = new Load(environment, name, rate);
  await pause(MARGIN_MS);
  await inject(environment, seconds);
  await pause(MARGIN_MS);
  const drained = await drain(environment, { name, load });
  return { description, seconds, failed: load.unknown.size, slowest: load.slowest, ...drained };
}
