import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@tearline/process';

const START_TIMEOUT_MS = 60_000;

/** A private Redis on a free port, which it keeps across restarts. */
export class RedisServer {
  #process: ChildProcess | undefined;
  #port = 0;

  /**
   * @param args as in redis.conf, e.g. `['--maxmemory-policy', 'allkeys-lru']`; by default it persists nothing
   * @param dir folder of its data; a temporary folder by default
   */
  constructor(
    private readonly args: readonly string[] = [],
    private dir = '',
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Chooses the port without starting Redis, for tests that begin with an unreachable Redis. */
  async reserve(): Promise<void> {
    this.#port ||= (await freePorts(1))[0]!;
  }

  async start(): Promise<void> {
    await this.reserve();
    this.dir ||= await mkdtemp(join(tmpdir(), 'tearline-redis-'));
    await mkdir(this.dir, { recursive: true });
    const own = ['--port', `${this.#port}`, '--bind', '127.0.0.1', '--dir', this.dir, '--save', ''];
    const started = spawn('redis-server', [...own, '--maxmemory-policy', 'noeviction', ...this.args], {
      stdio: 'ignore',
    });
    this.#process = started;
    const failed = once(started, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([this.#untilReady(started), failed]);
  }

  /** Kills it with SIGKILL. @param options.deleteData whether to delete its data */
  async kill({ deleteData = false } = {}): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running && running.exitCode === null && running.signalCode === null) {
      const exited = once(running, 'exit');
      running.kill('SIGKILL');
      await exited;
    }
    if (deleteData && this.dir) await rm(this.dir, { recursive: true, force: true });
  }

  stop(): Promise<void> {
    return this.kill({ deleteData: true });
  }

  /** Suspends it with SIGSTOP: connections stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async flush(): Promise<void> {
    const answer = await this.#send('FLUSHALL');
    if (answer !== '+OK') throw new Error(`FLUSHALL: ${answer}`);
  }

  async #untilReady(started: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await this.#send('PING');
      if (answer !== undefined && !answer.startsWith('-LOADING')) return;
      if (Date.now() > deadline || started.exitCode !== null) throw new Error('redis-server does not start');
      await delay(20);
    }
  }

  /** Returns the first line of the reply, if there is one. */
  #send(command: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      const end = (answer?: string) => {
        socket.destroy();
        resolve(answer);
      };
      socket.setTimeout(2_000, end);
      socket.once('error', () => end());
      socket.once('connect', () => socket.write(`${command}\r\n`));
      socket.once('data', (data) => end(data.toString().split('\r\n')[0]));
    });
  }
}

/** Starts a Redis that persists nothing. */
export async function startRedis(): Promise<RedisServer> {
  const redis = new RedisServer();
  await redis.start();
  return redis;
}
