import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runLogs } from '../../apps/logs/src/cli.js';

const PROGRAM = fileURLToPath(new URL('../../dist/apps/logs/src/main.js', import.meta.url)).replace(
  '/dist/dist/',
  '/dist/',
);

/** How a command ended and what it said. */
export interface CommandResult {
  readonly code: number;
  readonly printed: string;
  readonly noted: string;
}

/** For a command that goes on until the signal. */
interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly onPrinted?: (text: string) => void;
}

/** A store of the log in a folder of its own, with the process that writes it, and the command that searches it. */
export class LogStore {
  #process: ChildProcess | undefined;
  /** What the process has logged. */
  readonly log: string[] = [];

  private constructor(
    readonly dir: string,
    private readonly url: string,
  ) {}

  static async create(url: string): Promise<LogStore> {
    return new LogStore(await mkdtemp(join(tmpdir(), 'tearline-log-store-')), url);
  }

  /** Starts the process. Resolves when it writes. @throws Error with its messages when it ends instead */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, 'serve'], {
      env: { LOGS_URL: this.url, LOGS_DIR: this.dir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const started = Promise.withResolvers<void>();
    for (const output of [child.stdout, child.stderr])
      createInterface({ input: output }).on('line', (line) => {
        this.log.push(line);
        if (line.includes('"msg":"storing"')) started.resolve();
      });
    child.once('close', () =>
      started.reject(new Error(`npm run logs -- serve ended:\n${this.log.join('\n')}`)),
    );
    await started.promise;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return null;
    const closed = once(running, 'close');
    running.kill(signal);
    const [code] = (await closed) as [number | null];
    return code;
  }

  /** Ends the process, and deletes the store. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Runs `npm run logs -- search`. */
  async search(...args: readonly string[]): Promise<CommandResult> {
    return this.run(['search', ...args]);
  }

  /** Runs it until the signal, with `--follow`. @param onPrinted gets what it prints */
  async run(
    args: readonly string[],
    { signal = new AbortController().signal, onPrinted }: FollowOptions = {},
  ): Promise<CommandResult> {
    let [printed, noted] = ['', ''];
    const code = await runLogs(args, {
      env: { LOGS_DIR: this.dir },
      signal,
      print: (text) => {
        printed += text;
        onPrinted?.(text);
      },
      note: (line) => void (noted += `${line}\n`),
    });
    return { code, printed, noted };
  }

  /** Returns the rows of a query. @throws Error when it fails */
  async rows<Row = Record<string, string>>(sql: string): Promise<Row[]> {
    const { code, printed, noted } = await this.search('--since', '1d', '--sql', sql);
    if (code !== 0) throw new Error(noted);
    return printed
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Row);
  }
}
