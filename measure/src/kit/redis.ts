import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePorts } from '@tearline/process';
import type { Cleanup } from './cleanup.js';

/** A Redis that runs. */
export interface RunningRedis {
  readonly url: string;
  readonly pid: number;
}

/** Starts a private Redis as an operator would for queues: nothing evicted, everything in an append-only file. */
export async function startRedis(dir: string, cleanup: Cleanup): Promise<RunningRedis> {
  const [port] = await freePorts(1);
  const child = spawn(
    'redis-server',
    [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--maxmemory-policy',
      'noeviction',
      '--appendonly',
      'yes',
    ],
    { stdio: 'ignore' },
  );
  cleanup.add(() => end(child));
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('redis-server does not start; is it installed (apt install redis-server)?', {
      cause: error,
    });
  });
  await Promise.race([failed, answers(port!)]);
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid! };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

async function answers(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
}
