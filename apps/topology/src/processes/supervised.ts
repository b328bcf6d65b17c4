import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Output } from './output.js';
import type { Keeper } from './keeper.js';

/** A process to run. */
export interface ProcessSpec {
  /** For its lines in the output, e.g. `articles.1`. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Whether it does its work. */
  readonly isReady: () => Promise<boolean>;
  /** What asks it to finish its work and end. */
  readonly stopSignal: NodeJS.Signals;
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 25;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A process that ran as long is not taken for one that cannot start. */
const STABLE_MS = 10_000;

/** A process that is started again whenever it dies, until it is stopped. */
export class Supervised {
  #child: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #isStopping = false;
  #pause = FIRST_PAUSE_MS;

  constructor(
    readonly spec: ProcessSpec,
    private readonly output: Output,
    private readonly keeper: Keeper,
  ) {}

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it is ready. @throws Error when it ends before, or takes longer than a minute */
  async start(): Promise<void> {
    if (this.#isStopping) return;
    const child = this.#spawn();
    const deadline = Date.now() + START_MS;
    while (!(await this.spec.isReady())) {
      if (this.#isStopping) return;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${this.spec.name} did not start; its last lines say why`);
      if (Date.now() > deadline)
        throw new Error(`${this.spec.name} is not ready after ${START_MS / 1000} seconds`);
      await pause(POLL_MS);
    }
    void this.#watch(child);
  }

  /** Resolves when it has ended, by itself or, after 20 seconds, killed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child?.kill(this.spec.stopSignal);
    const killing = setTimeout(() => this.kill(), STOP_MS);
    await this.#gone;
    clearTimeout(killing);
  }

  kill(): void {
    this.#isStopping = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const [program, ...args] = this.spec.command;
    // A process group of its own: Ctrl-C reaches the runner alone, which ends everything in order.
    const child = spawn(program, args, {
      env: this.spec.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.output.follow(this.spec.name, child.stdout, child.stderr);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) this.keeper.started(pid);
    child.on('error', (error) => this.output.say(`${this.spec.name}: ${error.message}`));
    child.once('exit', () => {
      killGroup(pid!);
      this.keeper.ended(pid!);
    });
    this.#gone = new Promise((resolve) => child.once('close', resolve));
    return child;
  }

  /** Starts it again whenever it ends, after a pause that grows while it does not last. */
  async #watch(first: ChildProcess): Promise<void> {
    let child = first;
    let started = Date.now();
    for (;;) {
      await this.#gone;
      if (this.#isStopping) return;
      if (Date.now() - started > STABLE_MS) this.#pause = FIRST_PAUSE_MS;
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      this.output.say(`${this.spec.name} ended with ${how}; starting it again in ${this.#pause} ms`);
      await pause(this.#pause);
      if (this.#isStopping) return;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
      started = Date.now();
      child = this.#spawn();
    }
  }
}

/** What a process leaves behind when it dies: the workers of an nginx, which would go on holding its port. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
