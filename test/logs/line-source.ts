/** A process that writes lines into the stream of the log, as a host does. Its parent says how many; replies say what became of them. */
import { logStreamSettings, openLogStream } from '@tearline/logs';
import { readSettings } from '@tearline/settings';

/** From the parent. */
export type Asked =
  | { readonly write: number; readonly length: number }
  | { readonly lines: readonly object[] }
  | { readonly stop: true };

/** To the parent. */
export interface SourceState {
  readonly written: number;
  readonly dropped: number;
  readonly spooledBytes: number;
  /** What the log of a host would say of the stream. */
  readonly reports: readonly string[];
}

const { env } = process;
const name = env['SOURCE'] ?? 'source';
const stream = openLogStream(readSettings(logStreamSettings, env), name)!;
const reports: string[] = [];
stream.onReport(({ message }) => reports.push(message));
let written = 0;

function write(count: number, length: number): void {
  const filling = 'x'.repeat(length);
  for (let index = 0; index < count; index += 1) {
    written += 1;
    const fields = { level: 30, time: Date.now(), pid: process.pid, msg: `${name} ${written}`, filling };
    stream.write(`${JSON.stringify(fields)}\n`);
  }
}

const reply = () =>
  process.send!({
    written,
    dropped: stream.dropped,
    spooledBytes: stream.spooledBytes,
    reports,
  } satisfies SourceState);

process.on('message', (asked: Asked) => {
  if ('stop' in asked) {
    stream.flush();
    process.exit();
  }
  if ('lines' in asked) for (const line of asked.lines) stream.write(`${JSON.stringify(line)}\n`);
  else write(asked.write, asked.length);
  reply();
});
process.on('disconnect', () => process.exit());
reply();
