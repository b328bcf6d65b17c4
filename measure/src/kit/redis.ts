import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePorts } from '@tearline/process';
import { stopProcess } from './server-process.js';

export interface RunningRedis {
  readonly url: string;
  readonly pid: number;
}

/** Starts a private Redis that is configured for queues: no eviction, every write in an append-only file. */
export async function startRedis(dir: string, cleanup: AsyncDisposableStack): Promise<RunningRedis> {
  const [port] = (await freePorts(1)) as [number];
  const args = `--port ${port} --bind 127.0.0.1 --maxmemory-policy noeviction --appendonly yes`.split(' ');
  const child = spawn('redis-server', [...args, '--dir', dir], { stdio: 'ignore' });
  cleanup.defer(() => stopProcess(child));
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('redis-server: cannot start it; install it with `apt install redis-server`', {
      cause: error,
    });
  });
  await Promise.race([failed, untilConnected(port)]);
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid! };
}

async function untilConnected(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.disconnect();
}
