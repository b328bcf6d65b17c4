/** A task to run, or to cancel when it has no name. */
export interface BulkRequest {
  readonly id: number;
  readonly task?: string;
  readonly argument?: unknown;
}

/** The result of a task, or the message of its error. */
export interface BulkReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

type Task = (argument: never, signal: AbortSignal) => Promise<unknown>;

/**
 * Serves tasks to the `BulkProcess` that started this process, and ends with it.
 * @param tasks by name
 */
export function serveBulkTasks(tasks: Readonly<Record<string, Task>>): void {
  const running = new Map<number, AbortController>();

  async function run({ id, task, argument }: BulkRequest): Promise<void> {
    if (task === undefined) return running.get(id)?.abort();
    const controller = new AbortController();
    running.set(id, controller);
    const reply = await tasks[task]!(argument as never, controller.signal).then(
      (result): BulkReply => ({ id, result }),
      (error: unknown): BulkReply => ({ id, error: error instanceof Error ? error.message : String(error) }),
    );
    running.delete(id);
    if (process.connected) process.send!(reply);
  }

  process.on('message', (request: BulkRequest) => void run(request));
  process.on('disconnect', () => process.exit());
}
