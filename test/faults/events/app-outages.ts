import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningApp, startApp } from '../../support/running-app.js';
import type { Outage } from './outages.js';
import { isQuiet } from './quiet.js';
import { Readers } from './readers.js';
import { Redis } from './servers/redis.js';
import { until } from './within.js';

const DELIVERED_MS = 180_000;
const AROUND_MS = 2_000;

/** What became of what the monolith's users wrote. */
export interface AppResult {
  readonly words: string;
  readonly seconds: number;
  /** Requests that were not answered with success. */
  readonly failures: readonly string[];
  readonly acknowledged: number;
  /** Milliseconds of the slowest request. */
  readonly slowest: number;
  /** Notifications that had to come of what was acknowledged. */
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  /** Seconds from the last write until every notification was there. */
  readonly caughtUp: number;
  readonly problem?: string | undefined;
}

/** The monolith as it is built, with a Redis that can be taken away. */
export class AppWithRedis {
  private constructor(
    readonly app: RunningApp,
    readonly redis: Redis,
    private readonly dir: string,
  ) {}

  static async open(): Promise<AppWithRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'tearline-faults-'));
    const redis = new Redis(join(dir, 'redis'));
    try {
      await redis.start();
      const env = { REDIS_URL: redis.url, REGISTRATIONS_PER_MINUTE: '1000' };
      return new AppWithRedis(await startApp({ env }), redis, dir);
    } catch (error) {
      await redis.kill();
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.app.stop();
    await this.redis.kill();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Lets it happen while people write, lets everything be delivered, and counts notifications. */
  async suffer(
    { words, happen }: Outage,
    { rate, seconds }: { rate: number; seconds: number },
  ): Promise<AppResult> {
    const readers = await Readers.gather(this.app.url, rate);
    readers.start();
    await pause(AROUND_MS);
    await happen(this, seconds);
    await pause(AROUND_MS);
    await readers.stop();
    let problem: string | undefined;
    let caughtUp = Number.NaN;
    try {
      const isThere = async () => (await readers.count()).lost === 0;
      caughtUp = await until(DELIVERED_MS, 'every notification', isThere);
      // What is still under way may be done twice.
      await until(DELIVERED_MS, 'empty outboxes and queues', () => isQuiet(this.app.url));
    } catch (error) {
      problem = (error as Error).message;
    }
    const { acknowledged, failures, slowest } = readers;
    return { words, seconds, failures, acknowledged, slowest, caughtUp, problem, ...(await readers.count()) };
  }
}
