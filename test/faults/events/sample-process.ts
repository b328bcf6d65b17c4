import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { InjectionPoint } from './injection-points.js';
import type { ProcessCommand } from './sample/fault-injection.js';
import type { ProcessOptions } from './sample/process.js';

const RESTART_PAUSE_MS = 100;
/** Compiled by the build, since Node.js runs no decorators. */
const COMPILED = resolve('dist/test/faults/events/sample/process.js');

/** Environment of a process. */
export interface ProcessEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** Open file for its output. */
  readonly log: number;
}

/** A process that is restarted whenever it ends. */
export class SampleProcess {
  #child: ChildProcess;
  #ready = Promise.withResolvers<string>();
  #url: string | undefined;
  #reached: (() => void) | undefined;
  #isStopping = false;
  starts = 0;

  constructor(
    private readonly options: ProcessOptions,
    private readonly environment: ProcessEnvironment,
  ) {
    this.start();
  }

  get role() {
    return this.options.role;
  }

  /** Its URL; undefined while it does not listen. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Resolves when it listens. */
  async ready(): Promise<void> {
    await this.#ready.promise;
  }

  /** Resolves when it has crashed at this point, where the point has an entry at one with a number above `after`. */
  async crashAt(point: InjectionPoint, after: number): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.send({ arm: point, action: 'crash', after });
    await gone;
  }

  /** Resolves when it waits at this point, until `resume`. */
  async waitAt(point: InjectionPoint): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reached = resolve;
    this.send({ arm: point, action: 'wait', after: 0 });
    await promise;
  }

  resume(): void {
    this.send({ resume: true });
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  private send(command: ProcessCommand): void {
    this.#child.send(command);
  }

  private start(): void {
    this.starts += 1;
    const { env, log } = this.environment;
    const child = fork(COMPILED, [JSON.stringify(this.options)], {
      execArgv: ['--enable-source-maps'],
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    this.#child = child;
    child.on('message', (message: { url: string } | { reached: InjectionPoint }) => {
      if ('reached' in message) return this.#reached?.();
      this.#url = message.url;
      this.#ready.resolve(message.url);
    });
    // A command to a process that has just crashed.
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
