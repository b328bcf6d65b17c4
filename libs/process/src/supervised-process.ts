import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessOutput } from './process-output.js';
import type { OrphanReaper } from './orphan-reaper.js';

/** A process to supervise. */
export interface ProcessSpec {
  /** Marks its lines in the output, e.g. `articles.1`. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Returns whether the process accepts work. */
  readonly isReady: () => Promise<boolean>;
  /** The signal for a graceful shutdown. */
  readonly stopSignal: NodeJS.Signals;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 25;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** After this time the restart pause is reset. */
const STABLE_AFTER_MS = 10_000;

/** A child process that is restarted with exponential backoff until it is stopped. */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #isStopping = false;
  #pause = MIN_PAUSE_MS;

  constructor(
    readonly spec: ProcessSpec,
    private readonly output: ProcessOutput,
    private readonly reaper: OrphanReaper,
  ) {}

  /** The pid of the current process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process is ready. @throws Error when it ends before, or is not ready within a minute */
  async start(): Promise<void> {
    if (this.#isStopping) return;
    const child = this.#spawn();
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.spec.isReady())) {
      if (this.#isStopping) return;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${this.spec.name} ended before it was ready; see its output above`);
      if (Date.now() > deadline)
        throw new Error(`${this.spec.name} is not ready after ${START_TIMEOUT_MS / 1000} seconds`);
      await pause(POLL_INTERVAL_MS);
    }
    void this.#watch(child);
  }

  /** Sends the stop signal, and SIGKILL after 20 seconds. Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child?.kill(this.spec.stopSignal);
    const killing = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
    await this.#gone;
    clearTimeout(killing);
  }

  kill(): void {
    this.#isStopping = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const [program, ...args] = this.spec.command;
    // Detached, so that Ctrl-C reaches the runner only, which stops the processes in order.
    const child = spawn(program, args, {
      env: this.spec.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.output.follow(this.spec.name, child.stdout, child.stderr);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) this.reaper.started(pid);
    child.on('error', (error) => this.output.log(`${this.spec.name}: ${error.message}`));
    child.once('exit', () => {
      killGroup(pid!);
      this.reaper.ended(pid!);
    });
    this.#gone = new Promise((resolve) => child.once('close', resolve));
    return child;
  }

  /** Restarts the process whenever it ends, until it is stopped. */
  async #watch(first: ChildProcess): Promise<void> {
    let child = first;
    let started = Date.now();
    for (;;) {
      await this.#gone;
      if (this.#isStopping) return;
      if (Date.now() - started > STABLE_AFTER_MS) this.#pause = MIN_PAUSE_MS;
      const reason = child.signalCode ?? `exit code ${child.exitCode}`;
      this.output.log(`${this.spec.name} ended with ${reason}; restarting in ${this.#pause} ms`);
      await pause(this.#pause);
      if (this.#isStopping) return;
      this.#pause = Math.min(2 * this.#pause, MAX_PAUSE_MS);
      started = Date.now();
      child = this.#spawn();
    }
  }
}

/** Kills the descendants of a dead process, e.g. nginx workers, which would keep its port. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
