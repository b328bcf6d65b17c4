import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Point } from './points.js';
import type { Order } from './toy/points.js';
import type { ProcessOptions } from './toy/process.js';

const RESTART_PAUSE_MS = 100;
const file = (name: string) => new URL(name, import.meta.url);

/** Where and with what a process runs. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** An open file for what it prints. */
  readonly log: number;
}

/** An operating-system process that is started again whenever it ends. */
export class ToyProcess {
  #child: ChildProcess;
  #ready = Promise.withResolvers<string>();
  #url: string | undefined;
  #reached: (() => void) | undefined;
  #isStopping = false;
  starts = 0;

  constructor(
    private readonly options: ProcessOptions,
    private readonly surroundings: Surroundings,
  ) {
    this.start();
  }

  get role() {
    return this.options.role;
  }

  /** Where it answers; undefined while it does not. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Resolves when it answers. */
  async ready(): Promise<void> {
    await this.#ready.promise;
  }

  /** Resolves when it has died at this point. */
  async dieAt(point: Point): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.tell({ arm: point, act: 'die' });
    await gone;
  }

  /** Resolves when it waits at this point; it goes on when told. */
  async waitAt(point: Point): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reached = resolve;
    this.tell({ arm: point, act: 'ask' });
    await promise;
  }

  goOn(): void {
    this.tell({ go: true });
  }

  /** Asks it to end as a deployment would. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  private tell(order: Order): void {
    this.#child.send(order);
  }

  private start(): void {
    this.starts += 1;
    const { env, log } = this.surroundings;
    const child = fork(file('toy/process.ts'), [JSON.stringify(this.options)], {
      execArgv: ['--no-warnings', '--enable-source-maps', '--import', file('sources.ts').href],
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    this.#child = child;
    child.on('message', (message: { url: string } | { reached: Point }) => {
      if ('reached' in message) return this.#reached?.();
      this.#url = message.url;
      this.#ready.resolve(message.url);
    });
    // An order to one that has just died.
    child.on('error', () => undefined);
    child.once('exit', () => void this.startAgain());
  }

  private async startAgain(): Promise<void> {
    if (this.#url !== undefined) this.#ready = Promise.withResolvers();
    this.#url = undefined;
    if (this.#isStopping) return;
    await pause(RESTART_PAUSE_MS);
    if (!this.#isStopping) this.start();
  }
}
