import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts, isNatsReady, natsProcess } from '@tearline/process';

const START_TIMEOUT_MS = 60_000;
const CONFIGURATION = fileURLToPath(new URL('../../docker/nats/nats.conf', import.meta.url)).replace(
  '/dist/docker/',
  '/docker/',
);

/** A private NATS server with JetStream and the users of the containers, on a free port that it keeps across restarts. */
export class NatsServer {
  #process: ChildProcess | undefined;
  #folder = '';
  #port = 0;

  /** For `LOGS_URL` of hosts, or of the store. */
  url(user: 'hosts' | 'store'): string {
    return `nats://${user}:secret-${user}@127.0.0.1:${this.#port}`;
  }

  /** Chooses the port without starting it, for tests that begin with an unreachable server. */
  async reserve(): Promise<void> {
    this.#port ||= (await freePorts(1))[0]!;
  }

  async start(): Promise<void> {
    await this.reserve();
    this.#folder ||= await mkdtemp(join(tmpdir(), 'tearline-nats-'));
    const { command, env } = natsProcess('nats-server', {
      configuration: CONFIGURATION,
      data: this.dataDir,
      port: this.#port,
      passwords: { hosts: 'secret-hosts', store: 'secret-store' },
    });
    const [program, ...args] = command;
    const started = spawn(program, args, {
      stdio: 'ignore',
      env: { ...env, PATH: process.env['PATH'] },
    });
    this.#process = started;
    const failed = once(started, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([this.#untilReady(started), failed]);
  }

  /** Kills it with SIGKILL. @param options.deleteData whether to delete the stream */
  async kill({ deleteData = false } = {}): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running && running.exitCode === null && running.signalCode === null) {
      const exited = once(running, 'exit');
      running.kill('SIGKILL');
      await exited;
    }
    if (deleteData && this.#folder) await rm(join(this.#folder, 'data'), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.kill();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  /** The folder of its data. */
  get dataDir(): string {
    return join(this.#folder, 'data');
  }

  async #untilReady(started: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await isNatsReady(this.#port))) {
      if (performance.now() > deadline || started.exitCode !== null)
        throw new Error(`nats-server does not start (exit code ${started.exitCode})`);
      await pause(20);
    }
  }
}

/** Starts a NATS server without a stream. */
export async function startNats(): Promise<NatsServer> {
  const nats = new NatsServer();
  await nats.start();
  return nats;
}
