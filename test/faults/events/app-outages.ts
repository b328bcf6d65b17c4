import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningApp, startApp } from '../../support/running-app.js';
import type { Outage } from './outages.js';
import { isIdle } from './drain.js';
import { SimulatedUsers } from './simulated-users.js';
import { RedisServer } from '../../support/redis.js';
import { pollUntil } from './waiting.js';

const DELIVERY_TIMEOUT_MS = 180_000;
const MARGIN_MS = 2_000;

/** Result of an outage of the monolith's Redis. */
export interface AppResult {
  readonly description: string;
  readonly seconds: number;
  /** Requests that failed. */
  readonly failures: readonly string[];
  readonly acknowledged: number;
  /** Milliseconds of the slowest request. */
  readonly slowest: number;
  /** Notifications that the acknowledged writes must cause. */
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  /** Seconds from the last write until every notification was there. */
  readonly caughtUp: number;
  readonly problem?: string | undefined;
}

/** The built monolith, with a Redis that can be made unreachable. */
export class AppWithRedis {
  private constructor(
    readonly app: RunningApp,
    readonly redis: RedisServer,
    private readonly dir: string,
  ) {}

  static async open(): Promise<AppWithRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'tearline-faults-'));
    const redis = new RedisServer(['--appendonly', 'yes'], join(dir, 'redis'));
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

  /** Injects an outage while users write, waits until everything is delivered, and counts notifications. */
  async runOutage(
    { description, inject }: Outage,
    { rate, seconds }: { rate: number; seconds: number },
  ): Promise<AppResult> {
    const users = await SimulatedUsers.register(this.app.url, rate);
    users.start();
    await pause(MARGIN_MS);
    await inject(this, seconds);
    await pause(MARGIN_MS);
    await users.stop();
    let problem: string | undefined;
    let caughtUp = Number.NaN;
    try {
      const isThere = async () => (await users.count()).lost === 0;
      caughtUp = await pollUntil(DELIVERY_TIMEOUT_MS, 'every notification', isThere);
      // An event that is still in a queue may be handled again.
      await pollUntil(DELIVERY_TIMEOUT_MS, 'empty outboxes and queues', () => isIdle(this.app.url));
    } catch (error) {
      problem = (error as Error).message;
    }
    const { acknowledged, failures, slowest } = users;
    return {
      description,
      seconds,
      failures,
      acknowledged,
      slowest,
      caughtUp,
      problem,
      ...(await users.count()),
    };
  }
}
