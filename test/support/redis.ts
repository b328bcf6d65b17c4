import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePorts } from '@tearline/process';

/** A Redis of its own, which keeps nothing. */
export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startRedis(port?: number): Promise<TestRedis> {
  const at = port ?? (await freePorts(1))[0]!;
  const args = ['--port', `${at}`, '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  await Promise.race([
    new Promise<void>((resolve) => lines.on('line', (line) => line.includes('Ready to accept') && resolve())),
    exited.then(() => Promise.reject(new Error('redis-server did not start'))),
  ]);
  return {
    url: `redis://127.0.0.1:${at}`,
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
