import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '@tearline/process';

const START_TIMEOUT_MS = 60_000;

/** A private Redis with an append-only file that can be killed, and started again on the same port. */
export class Redis {
  #process: ChildProcess | undefined;
  #port = 0;

  /** @param dir folder of its data; created if missing */
  constructor(private readonly dir: string) {}

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#port ||= (await freePorts(1))[0]!;
    await mkdir(this.dir, { recursive: true });
    const settings = {
      port: `${this.#port}`,
      bind: '127.0.0.1',
      dir: this.dir,
      save: '',
      appendonly: 'yes',
      'maxmemory-policy': 'noeviction',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const started = spawn('redis-server', flags, { stdio: 'ignore' });
    this.#process = started;
    const failed = once(started, 'error').then(([error]) => Promise.reject(error as Error));
    const ready = async () => {
      for (
        const until = Date.now() + START_TIMEOUT_MS;
        (await this.send('PING')) !== '+PONG';
        await pause(20)
      )
        if (Date.now() > until || started.exitCode !== null) throw new Error('redis-server does not start');
    };
    await Promise.race([ready(), failed]);
  }

  /** @param deleteData whether to delete its data */
  async kill({ deleteData = false } = {}): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running && running.exitCode === null && running.signalCode === null) {
      const gone = once(running, 'exit');
      running.kill('SIGKILL');
      await gone;
    }
    if (deleteData) await rm(this.dir, { recursive: true, force: true });
  }

  /** Stops it with SIGSTOP: connections stay open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async flush(): Promise<void> {
    const answer = await this.send('FLUSHALL');
    if (answer !== '+OK') throw new Error(`FLUSHALL: ${answer}`);
  }

  /** Returns the first line of the reply, if there is one. */
  private send(command: string): Promise<string | undefined> {
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
