type Task = () => unknown;

/** Tasks that undo what a run has started, last first, however the run ends. */
export class Cleanup {
  readonly #tasks: Task[] = [];
  #running: Promise<void> | undefined;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void this.run().finally(() => process.exit(1)));
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  add(task: Task): void {
    this.#tasks.push(task);
  }

  run(): Promise<void> {
    return (this.#running ??= this.#undo());
  }

  async #undo(): Promise<void> {
    for (const task of this.#tasks.toReversed()) {
      try {
        await task();
      } catch (error) {
        process.stderr.write(`${String(error)}\n`);
      }
    }
  }
}
