import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Asked, SourceState } from '../logs/line-source.js';

const PROGRAM = fileURLToPath(new URL('../../dist/test/logs/line-source.js', import.meta.url)).replace(
  '/dist/dist/',
  '/dist/',
);

/** A process that writes lines of its own into the stream of the log. */
export class LogSource {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param env with `LOGS_URL` and `LOGS_SPOOL_DIR`; `SOURCE` is in the text of each line */
  static async start(env: Readonly<Record<string, string>>): Promise<LogSource> {
    const child = fork(PROGRAM, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
    return new LogSource(child);
  }

  /** Writes this many lines, and returns what the process says after that. */
  write(count: number, length = 0): Promise<SourceState> {
    return this.#ask({ write: count, length });
  }

  /** Writes these lines. */
  async log(...lines: readonly object[]): Promise<void> {
    await this.#ask({ lines });
  }

  state(): Promise<SourceState> {
    return this.write(0);
  }

  /** Ends it as a host ends. */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.send({ stop: true } satisfies Asked);
    await exited;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #ask(asked: Asked): Promise<SourceState> {
    const reply = once(this.#child, 'message');
    this.#child.send(asked);
    return (await reply)[0] as SourceState;
  }
}
