import { outsideCalls } from '@tearline/seam';

/** Does the same work again and again: regularly, and earlier when somebody asks. Never twice at once. */
export class Recurring {
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #running: Promise<void> | undefined;
  #isStopped = true;
  #isAskedAgain = false;

  /**
   * @param everyMs jittered by a quarter
   * @param work must not reject
   */
  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.#isStopped = false;
    this.within(this.everyMs * (0.75 + Math.random() / 2));
  }

  /** Has the work done in `ms` milliseconds at the latest. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (this.#isStopped || at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = outsideCalls(() => setTimeout(() => void this.#run(), Math.ceil(ms)).unref());
  }

  /** Ends with the work under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#dueAt = Infinity;
    if (this.#isStopped) return;
    if (this.#running) {
      this.#isAskedAgain = true;
      return;
    }
    this.#running = this.work();
    await this.#running;
    this.#running = undefined;
    this.within(this.#isAskedAgain ? 0 : this.everyMs * (0.75 + Math.random() / 2));
    this.#isAskedAgain = false;
  }
}
