import { setTimeout as pause } from 'node:timers/promises';
import { Load } from './load.js';
import type { Rig } from './rig.js';
import { settle, type Settled } from './settle.js';

/** What happens to Redis while writers write. */
export interface Outage {
  readonly words: string;
  /** @param seconds it lasts */
  readonly happen: (rig: Pick<Rig, 'redis'>, seconds: number) => Promise<void>;
}

const FLUSH_EVERY_MS = 3_000;

export const outages: readonly Outage[] = [
  {
    words: 'killed, and started again after',
    happen: async ({ redis }, seconds) => {
      await redis.kill();
      await pause(seconds * 1000);
      await redis.start();
    },
  },
  {
    words: 'killed, and started again without its data after',
    happen: async ({ redis }, seconds) => {
      await redis.kill({ forgetting: true });
      await pause(seconds * 1000);
      await redis.start();
    },
  },
  {
    words: 'stopped answering (SIGSTOP) for',
    happen: async ({ redis }, seconds) => {
      redis.freeze();
      await pause(seconds * 1000);
      redis.thaw();
    },
  },
  {
    words: `FLUSHALL every ${FLUSH_EVERY_MS / 1000} s for`,
    happen: async ({ redis }, seconds) => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(FLUSH_EVERY_MS))
        await redis.flush();
    },
  },
];

export interface OutageResult extends Settled {
  readonly words: string;
  readonly seconds: number;
  /** Requests that were not answered with success. */
  readonly failed: number;
  /** Milliseconds of the slowest request. */
  readonly slowest: number;
}

const AROUND_MS = 2_000;

/** Lets it happen under a constant load, lets everything be delivered, and counts. */
export async function runOutage(
  rig: Rig,
  { words, happen }: Outage,
  options: { name: string; rate: number; seconds: number },
): Promise<OutageResult> {
  const { name, rate, seconds } = options;
  const load = new Load(rig, name, rate);
  await pause(AROUND_MS);
  await happen(rig, seconds);
  await pause(AROUND_MS);
  const settled = await settle(rig, { name, load });
  return { words, seconds, failed: load.unknown.size, slowest: load.slowest, ...settled };
}
