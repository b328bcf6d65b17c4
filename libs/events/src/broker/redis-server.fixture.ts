import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A Redis for one test, on a free port that it keeps across restarts. */
export class RedisServer {
  #process: ChildProcess | undefined;
  #dir = '';
  #port = 0;

  /** @param args as in redis.conf, e.g. `['--maxmemory-policy', 'allkeys-lru']` */
  constructor(private readonly args: readonly string[] = []) {}

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Chooses the port without starting Redis, for tests that begin with an unreachable Redis. */
  async reserve(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
  }

  async start(): Promise<void> {
    await this.reserve();
    this.#dir ||= await mkdtemp(join(tmpdir(), 'tearline-redis-'));
    const own = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#dir, '--save', ''];
    const started = spawn('redis-server', [...own, '--maxmemory-policy', 'noeviction', ...this.args], {
      stdio: 'ignore',
    });
    this.#process = started;
    for (const until = Date.now() + 10_000; !(await answers(this.#port)); await delay(20))
      if (Date.now() > until || started.exitCode !== null) throw new Error('redis-server does not start');
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }

  /** Stops it with SIGSTOP: connections stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.#dir) await rm(this.#dir, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
