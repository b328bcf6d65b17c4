import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromSender, SenderOptions, ToSender } from './worker-messages.js';

const BATCH_LENGTH = 65_536;
const BATCH_INTERVAL_MS = 100;
/** Characters that wait for the sender. */
const MAX_QUEUED = 8_388_608;
const FLUSH_TIMEOUT_MS = 1_500;
const RESTART_INTERVAL_MS = 1_000;
/** Half of the thread's memory would be objects that are gone. */
const MAX_YOUNG_GENERATION_MIB = 4;
/** Tests run the sources; a thread runs the build. */
const SENDER = fileURLToPath(new URL('sender.js', import.meta.url)).replace(
  '/libs/logs/src/',
  '/libs/logs/dist/',
);

/** What the log should say of its stream. */
export interface StreamReport {
  readonly level: 'info' | 'warn';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/**
 * Takes the lines of the log for the stream. It collects them, and hands a batch to a thread every 100 ms or 64 KiB, which numbers
 * them, writes them into the spool and sends them. It never waits and never throws; what it cannot hand over is dropped and counted.
 */
export class LogStream {
  #lines = '';
  #timer: NodeJS.Timeout | undefined;
  #worker: Worker;
  /** Batches that the thread has not taken yet, and their characters. */
  #inTransit: string[] = [];
  #queued = 0;
  #dropped = 0;
  #reported = 0;
  #reason: string | undefined;
  #spooledBytes = 0;
  #isAway = false;
  #report: (report: StreamReport) => void = () => undefined;

  constructor(private readonly options: SenderOptions) {
    this.#worker = this.#start();
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes in the spool that this process has written or adopted. */
  get spooledBytes(): number {
    return this.#spooledBytes;
  }

  /** Whether the stream takes no lines, as far as is known. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Characters that wait for the thread, further ones than 8 MiB of which would be dropped. */
  get queued(): number {
    return this.#lines.length + this.#queued;
  }

  /** Sets the function that reports go to. */
  onReport(report: (report: StreamReport) => void): void {
    this.#report = report;
  }

  /** @param lines whole lines, each with its line break */
  write(lines: string): void {
    if (this.queued + lines.length > MAX_QUEUED)
      return this.#drop(lineCount(lines), 'they come faster than they are written to the spool');
    this.#lines += lines;
    if (this.#lines.length > BATCH_LENGTH) this.#handOver();
    else this.#timer ??= setTimeout(() => this.#handOver(), BATCH_INTERVAL_MS).unref();
  }

  /** Waits until everything is sent or in the spool, before the process exits; for 1.5 seconds at most. */
  flush(): void {
    this.#handOver();
    const done = new Int32Array(new SharedArrayBuffer(4));
    this.#post(done);
    Atomics.wait(done, 0, 0, FLUSH_TIMEOUT_MS);
  }

  #handOver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === '') return;
    const batch = this.#lines;
    this.#lines = '';
    this.#queued += batch.length;
    this.#inTransit.push(batch);
    this.#post(batch);
  }

  #post(message: ToSender): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(SENDER, {
      workerData: this.options,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MIB },
    });
    worker.unref();
    worker.on('message', (message: FromSender) => this.#receive(message));
    // `exit` follows.
    worker.on('error', (error) => {
      const fields = { err: error };
      this.#report({
        level: 'warn',
        fields,
        message: 'the thread that sends the log has failed; it is started again',
      });
    });
    worker.once('exit', () => {
      for (const batch of this.#inTransit.splice(0))
        this.#drop(lineCount(batch), 'the thread that sends them failed');
      this.#queued = 0;
      setTimeout(() => this.#restart(), RESTART_INTERVAL_MS).unref();
    });
    return worker;
  }

  #restart(): void {
    this.#worker = this.#start();
    this.#isAway = false;
    // What has come since.
    for (const batch of this.#inTransit) this.#post(batch);
  }

  #receive(message: FromSender): void {
    if (message.type === 'taken') {
      this.#queued -= this.#inTransit.shift()?.length ?? 0;
      this.#spooledBytes = message.spooledBytes;
      if (message.dropped > 0) this.#drop(message.dropped, message.reason);
      else this.#reportDropped();
    } else if (message.type === 'spooled') this.#spooledBytes = message.bytes;
    else if (message.type === 'away') {
      this.#isAway = true;
      const fields = { reason: message.reason, spool: this.options.spoolDir };
      this.#report({
        level: 'warn',
        fields,
        message: 'the stream takes no lines of the log; they wait in the spool',
      });
    } else {
      this.#isAway = false;
      this.#report({ level: 'info', fields: {}, message: 'the stream takes lines of the log' });
    }
  }

  #drop(count: number, reason: string | undefined): void {
    this.#dropped += count;
    this.#reason = reason;
  }

  /** Once lines are taken again. */
  #reportDropped(): void {
    const dropped = this.#dropped - this.#reported;
    if (dropped === 0) return;
    this.#reported = this.#dropped;
    const fields = { dropped, reason: this.#reason };
    this.#report({
      level: 'warn',
      fields,
      message: 'lines of the log were dropped on their way to the stream',
    });
  }
}

const lineCount = (lines: string) => lines.split('\n').length - 1;
