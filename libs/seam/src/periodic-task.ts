import { Logger } from '@nestjs/common';
import { runOutsideCall } from './call/call-context.js';

/**
 * Runs a task of this process again and again, never twice at once. Runs belong to no call. A run that fails is logged, the
 * next one comes as usual. Work that only one of all processes has to do is a job with `@Every` of `@tearline/events`.
 */
export class PeriodicTask {
  readonly #log = new Logger('PeriodicTask');
  #timer: NodeJS.Timeout | undefined;
  /** On the clock of `performance.now()`. */
  #dueAt = Infinity;
  #running: Promise<void> | undefined;
  #isDueAgain = false;
  #isStopped = true;

  /**
   * @param name for the log, e.g. `deletion of old idempotency keys`
   * @param intervalMs milliseconds from the end of a run to the next one, jittered by a quarter
   */
  constructor(
    private readonly name: string,
    private readonly intervalMs: number,
    private readonly task: () => Promise<void>,
  ) {}

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Schedules the first run after one interval; `runWithin` makes it earlier. */
  start(): void {
    this.#isStopped = false;
    this.runWithin(this.#nextInterval());
  }

  /** Makes the next run start in `ms` milliseconds at the latest. During a run, another one follows. */
  runWithin(ms: number): void {
    const at = performance.now() + ms;
    if (this.#isStopped || at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = runOutsideCall(() => setTimeout(() => void this.#run(), Math.ceil(ms)).unref());
  }

  /** Resolves when the run that is in progress ends. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#dueAt = Infinity;
    if (this.#isStopped) return;
    if (this.#running) {
      this.#isDueAgain = true;
      return;
    }
    this.#running = this.task().catch((error: unknown) =>
      this.#log.warn({ err: error }, `${this.name} failed`),
    );
    await this.#running;
    this.#running = undefined;
    this.runWithin(this.#isDueAgain ? 0 : this.#nextInterval());
    this.#isDueAgain = false;
  }

  #nextInterval(): number {
    return this.intervalMs * (0.75 + Math.random() / 2);
  }
}
