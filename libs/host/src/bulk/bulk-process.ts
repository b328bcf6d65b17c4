import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SeamError } from '@tearline/seam';
import type { BulkReply, BulkRequest } from './bulk-tasks.js';
import { lowerPriority } from './lower-priority.js';

const IDLE_TIMEOUT_MS = 60_000;

/**
 * Runs bulk work, such as hashing passwords, in a process of its own with a low priority, so that it does not hold up requests on
 * the same cores. Threads of this process could not have one that other hosts of the machine benefit from. The process starts with the first
 * task, and ends after a minute without one.
 */
export class BulkProcess {
  readonly #file: string;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #child: ChildProcess | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #lastId = 0;

  /**
   * @param file what the process runs: it calls `serveBulkTasks`
   * @param niceness from 1; with 5 it gets about a quarter of a core that another process keeps busy, with 10 a tenth
   */
  constructor(
    file: URL,
    private readonly niceness: number,
  ) {
    // Tests run the sources; the process runs the build.
    this.#file = fileURLToPath(file).replace(/\/src\/(.*)\.[jt]s$/, '/dist/$1.js');
  }

  /** Its id, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Runs a task there.
   * @param argument a value that the structured clone algorithm copies
   * @param signal cancels the task
   * @throws the reason of the signal, SeamError `unavailable` when the process ends, Error when the task throws
   */
  async run<Result>(task: string, argument: unknown, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    clearTimeout(this.#idleTimer);
    const child = (this.#child ??= this.#start());
    const id = (this.#lastId += 1);
    const reply = Promise.withResolvers<unknown>();
    this.#pending.set(id, reply);
    child.channel?.ref();
    const send = (request: BulkRequest) => child.connected && child.send(request, () => undefined);
    const cancel = () => {
      send({ id });
      reply.reject(signal!.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      send({ id, task, argument });
      return (await reply.promise) as Result;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#pending.delete(id);
      if (this.#pending.size === 0) child.channel?.unref();
      if (this.#pending.size === 0 && this.#child)
        this.#idleTimer = setTimeout(() => this.close(), IDLE_TIMEOUT_MS).unref();
    }
  }

  /** Ends the process; tasks under way fail. The next task starts another one. */
  close(): void {
    clearTimeout(this.#idleTimer);
    this.#child?.disconnect();
    this.#lost(this.#child);
  }

  #start(): ChildProcess {
    const child = fork(this.#file, {
      // Neither secrets nor options of this process.
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A session of its own, which Linux schedules as a group of its own.
      detached: true,
    });
    if (child.pid !== undefined) lowerPriority(child.pid, this.niceness);
    child.on('message', ({ id, result, error }: BulkReply) => {
      const reply = this.#pending.get(id);
      if (error === undefined) reply?.resolve(result);
      else reply?.reject(new Error(error));
    });
    child.on('error', () => this.#lost(child));
    child.once('exit', () => this.#lost(child));
    // It does not keep this process running, its tasks do.
    child.unref();
    return child;
  }

  #lost(child: ChildProcess | undefined): void {
    if (child === undefined || this.#child !== child) return;
    this.#child = undefined;
    const error = new SeamError('unavailable', { message: 'the process for bulk work has ended' });
    for (const reply of this.#pending.values()) reply.reject(error);
  }
}
