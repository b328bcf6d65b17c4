import type { OrphanReaper } from '../orphan-reaper.js';
import type { ProcessOutput } from '../process-output.js';
import { type ProcessSpec, SupervisedProcess } from '../supervised-process.js';
import type { PatroniPrograms } from './find-patroni.js';

/** The operating system user of the processes, for PostgreSQL does not run as root. */
export interface ClusterUser {
  /** The owner of the files; undefined when it is the user of this process. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  /** Returns the command that runs a program as this user. It gets a signal when its parent dies. */
  command(onDeath: 'INT', program: string, ...args: string[]): string[];
}

/** What the processes of a cluster have in common. */
export interface ClusterContext {
  readonly programs: PatroniPrograms;
  /** Everything that is stored is in this folder. */
  readonly dir: string;
  readonly user: ClusterUser;
  readonly env: NodeJS.ProcessEnv;
  readonly output: ProcessOutput;
  readonly reaper: OrphanReaper;
}

/** A process of a cluster, which is started again when it ends by itself; with fault injection. */
export class ClusterProcess {
  #process: SupervisedProcess | undefined;
  readonly #spec: ProcessSpec;

  constructor(
    readonly name: string,
    command: readonly [program: string, ...args: string[]],
    isReady: () => Promise<boolean>,
    private readonly context: ClusterContext,
  ) {
    const { user, env } = context;
    this.#spec = {
      name,
      command: user.command('INT', ...command) as [string, ...string[]],
      env,
      isReady,
      // A server recovers from a crash first, and a replica may be copied anew.
      startTimeout: 300_000,
      stopSignal: 'SIGTERM',
      stopTimeout: 60_000,
    };
  }

  /** Starts it, for the first time or again. Resolves when it is ready. */
  start(): Promise<void> {
    this.#process = new SupervisedProcess(this.#spec, this.context.output, this.context.reaper);
    return this.#process.start();
  }

  /** Ends it in order. A paused process goes on, so that it can. */
  async stop(): Promise<void> {
    await this.resume();
    await this.#process?.stop();
  }

  /** Kills its processes, as in a crash of its machine; it is not started again. */
  async kill(): Promise<void> {
    const others = await this.otherPids();
    this.#process?.kill();
    for (const pid of others) signal(pid, 'SIGKILL');
    await this.#process?.stop();
  }

  /** Suspends its processes: connections stay open and are not answered. */
  async pause(): Promise<void> {
    await this.#signalAll('SIGSTOP');
  }

  async resume(): Promise<void> {
    await this.#signalAll('SIGCONT');
  }

  /** The processes that it has started, and that would outlive it. */
  protected async otherPids(): Promise<number[]> {
    return [];
  }

  async #signalAll(name: NodeJS.Signals): Promise<void> {
    const own = this.#process?.pid;
    for (const pid of [...(own === undefined ? [] : [own]), ...(await this.otherPids())]) signal(pid, name);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
