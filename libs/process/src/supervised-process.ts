import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessOutput } from './process-output.js';
import type { OrphanReaper } from './orphan-reaper.js';
import { StartQueue } from './start-queue.js';

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
  /** Of the processes that wait to start, those with a lower number start first; 0 without it. */
  readonly startOrder?: number;
  /** Milliseconds until it must be ready; 60 seconds by default. */
  readonly startTimeout?: number;
  /** Milliseconds from that signal until SIGKILL; 20 seconds by default. */
  readonly stopTimeout?: number;
  /** Whether two processes of the command can run at once. Each then sends its parent a message when it listens. */
  readonly canOverlap?: boolean;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 25;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** After this time the restart pause is reset. */
const STABLE_AFTER_MS = 10_000;
/** A process that has ended this often in a row before it was stable will not stay up. */
const MAX_QUICK_ENDS = 3;

/** In V8's report of a fatal error. */
const OUT_OF_HEAP = 'JavaScript heap out of memory';

/** One process of the command. */
interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended and its output is complete. */
  readonly gone: Promise<unknown>;
  /** Whether it has reported that its heap is full. */
  isOutOfHeap: boolean;
}

/** A child process that is restarted with exponential backoff until it is stopped. */
export class SupervisedProcess {
  #current: Running | undefined;
  /** The current process, and those that it replaced and that still shut down. */
  readonly #running = new Set<Running>();
  #isStopping = false;
  #pause = MIN_PAUSE_MS;
  /** How often it has ended since it was last stable. */
  #quickEnds = 0;
  #lastEnd = '';

  constructor(
    readonly spec: ProcessSpec,
    private readonly output: ProcessOutput,
    private readonly reaper: OrphanReaper,
    private readonly queue = new StartQueue(),
  ) {}

  /** The pid of the current process. */
  get pid(): number | undefined {
    return this.#current?.child.pid;
  }

  /** Why the process ended although it had been ready; undefined when it has not, or has been stable since. */
  get unexpectedEnd(): string | undefined {
    return this.#quickEnds > 0 ? this.#lastEnd : undefined;
  }

  /** Resolves when the process is ready. @throws Error when it ends before, or is not ready within a minute */
  async start(): Promise<void> {
    await this.queue.run(this.#startOrder, async () => {
      if (this.#isStopping) return;
      this.#current = this.#spawn();
      await this.#ready(this.#current, this.spec.isReady);
      void this.#watch(this.#current);
    });
  }

  /**
   * Starts the command once more, beside the running process, and stops that one when the new process listens; see
   * `ProcessSpec.canOverlap`. Without it, stops first.
   * @throws Error when the new process ends before or is not ready within a minute; the old one goes on
   */
  async replace(): Promise<void> {
    const old = this.#current;
    if (this.#isStopping || old === undefined) return;
    if (!this.spec.canOverlap) {
      this.#current = undefined;
      await this.#end(old);
      return this.start();
    }
    const next = this.#spawn();
    let isListening = false;
    next.child.once('message', () => (isListening = true));
    try {
      await this.#ready(next, async () => isListening);
    } catch (error) {
      await this.#end(next);
      throw error;
    }
    this.#current = next;
    void this.#watch(next);
    await this.#end(old);
  }

  /** Sends the stop signal, and SIGKILL after the timeout. Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#running].map((each) => this.#end(each)));
  }

  kill(): void {
    this.#isStopping = true;
    for (const { child } of this.#running) child.kill('SIGKILL');
  }

  get #startOrder(): number {
    return this.spec.startOrder ?? 0;
  }

  async #end({ child, gone }: Running): Promise<void> {
    child.kill(this.spec.stopSignal);
    const killing = setTimeout(() => child.kill('SIGKILL'), this.spec.stopTimeout ?? STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(killing);
  }

  async #ready(running: Running, isReady: () => Promise<boolean>): Promise<void> {
    const { child } = running;
    const { startTimeout = START_TIMEOUT_MS } = this.spec;
    const deadline = performance.now() + startTimeout;
    while (!(await isReady())) {
      if (this.#isStopping) return;
      if (child.pid === undefined)
        throw new Error(`${this.spec.name} ended before it was ready; see its output above`);
      if (child.exitCode !== null || child.signalCode !== null) {
        await running.gone;
        throw new Error(
          `${this.spec.name} ended before it was ready, with ${reasonOf(running)}; see its output above`,
        );
      }
      if (performance.now() > deadline)
        throw new Error(`${this.spec.name} is not ready after ${startTimeout / 1000} seconds`);
      await pause(POLL_INTERVAL_MS);
    }
  }

  #spawn(): Running {
    const [program, ...args] = this.spec.command;
    // Detached, so that Ctrl-C reaches the runner only, which stops the processes in order.
    const child = spawn(program, args, {
      env: this.spec.env,
      stdio: ['ignore', 'pipe', 'pipe', ...(this.spec.canOverlap ? (['ipc'] as const) : [])],
      detached: true,
    });
    this.output.follow(this.spec.name, child.stdout, child.stderr);
    const { pid } = child;
    if (pid !== undefined) this.reaper.started(pid);
    child.on('error', (error) => this.output.log(`${this.spec.name}: ${error.message}`));
    child.once('exit', () => {
      killGroup(pid!);
      this.reaper.ended(pid!);
    });
    const running = {
      child,
      gone: new Promise((resolve) => child.once('close', resolve)),
      isOutOfHeap: false,
    };
    child.stderr?.on('data', (text: Buffer) => {
      running.isOutOfHeap ||= text.includes(OUT_OF_HEAP);
    });
    this.#running.add(running);
    void running.gone.then(() => this.#running.delete(running));
    return running;
  }

  /** Restarts the process whenever it ends, until it is stopped or replaced. */
  async #watch(first: Running): Promise<void> {
    let started = performance.now();
    for (let running: Running | undefined = first; running;) {
      await running.gone;
      if (this.#isStopping || this.#current !== running) return;
      if (performance.now() - started > STABLE_AFTER_MS) {
        this.#pause = MIN_PAUSE_MS;
        this.#quickEnds = 0;
      }
      this.#quickEnds += 1;
      this.#lastEnd = reasonOf(running);
      this.output.log(`${this.spec.name} ended with ${this.#lastEnd}; restarting in ${this.#pause} ms`);
      if (this.#quickEnds === MAX_QUICK_ENDS)
        this.output.log(
          `${this.spec.name} does not stay up: it has ended ${MAX_QUICK_ENDS} times in a row within seconds of its start`,
        );
      await pause(this.#pause);
      this.#pause = Math.min(2 * this.#pause, MAX_PAUSE_MS);
      running = await this.#restart(running);
      started = performance.now();
    }
  }

  /** Resolves with the process that takes the place of an ended one once it has been spawned. */
  async #restart(ended: Running): Promise<Running | undefined> {
    const { promise, resolve } = Promise.withResolvers<Running | undefined>();
    void this.queue.run(this.#startOrder, async () => {
      if (this.#isStopping || this.#current !== ended) return resolve(undefined);
      const next = this.#spawn();
      this.#current = next;
      resolve(next);
      await this.#ready(next, this.spec.isReady).catch(() => undefined);
    });
    return promise;
  }
}

/** Returns how a process has ended, and what to do about it where that is known. */
function reasonOf({ child, isOutOfHeap }: Running): string {
  const end = child.signalCode ?? `exit code ${child.exitCode}`;
  if (!isOutOfHeap) return end;
  return `${end} because its JavaScript heap was full; give it a larger one, e.g. NODE_OPTIONS=--max-old-space-size=256`;
}

/** Kills the descendants of a dead process, e.g. nginx workers, which would keep its port. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
