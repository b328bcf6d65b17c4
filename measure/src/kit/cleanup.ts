type Task = () => unknown;

/** What is to be undone at the end, the last first, however the run ends. */
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

/** A bench's run: whatever it leaves is undone, and what goes wrong is said in a line and by the exit code. */
export async function withCleanup(run: (cleanup: Cleanup) => Promise<void>): Promise<void> {
  const cleanup = new Cleanup();
  try {
    await run(cleanup);
  } catch (error) {
    // What is taken apart complains.
    if (!cleanup.isRunning)
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await cleanup.run();
  }
}
