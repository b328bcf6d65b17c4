/**
 * A process that logs, as a host does. Its arguments say what:
 *
 *   flood LINES              as fast as its thread takes them; then waits until all are sent, and ends
 *   steady RATE FILE         this many lines a second, until it is killed; a counter in the file says how many
 *   cpu LINES ROUNDS WAYS    writes lines to `stdout`, `stream` or `both`, and prints the CPU of its main thread as JSON
 */
import { openSync, writeSync } from 'node:fs';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { LogOutput } from '@tearline/host';
import { type LogStream, logStreamSettings, openLogStream } from '@tearline/logs';
import { readSettings } from '@tearline/settings';
import { sampleLine } from './sample-line.js';

const MAX_QUEUED = 2_097_152;
const TICK_MS = 10;
/** So many lines a second are within what one host logs, and keep no queue full. */
const CPU_LINES_A_TICK = 200;

const [kind, ...args] = process.argv.slice(2);
const stream = openLogStream(readSettings(logStreamSettings), 'bench')!;

async function flood(lines: number): Promise<void> {
  for (let number = 1; number <= lines; number += 1) {
    stream.write(sampleLine(number));
    if (number % 500 === 0) while (stream.queued > MAX_QUEUED) await pause(1);
  }
  stream.flush();
  process.send!({ dropped: stream.dropped, cpu: process.cpuUsage() });
  process.disconnect();
}

async function steady(rate: number, file: string): Promise<void> {
  const counter = openSync(file, 'w');
  const start = performance.now();
  for (let number = 1; ; number += 1) {
    while (number > ((performance.now() - start) / 1000) * rate) await pause(1);
    stream.write(sampleLine(number));
    writeSync(counter, `${number}`.padStart(12), 0);
  }
}

/** The CPU of the main thread for each line, in microseconds, beside that of making it. */
async function cpu(lines: number, rounds: number, ways: readonly string[]): Promise<void> {
  const output = new LogOutput(() => undefined);
  const made = Array.from({ length: 1_000 }, (_, index) => sampleLine(index));
  const targets: Record<string, readonly (LogOutput | LogStream)[]> = {
    none: [],
    stdout: [output],
    stream: [stream],
    both: [output, stream],
  };
  const found: Record<string, number[]> = Object.fromEntries(ways.map((way) => [way, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const way of ways) {
      const before = process.threadCpuUsage();
      await writePaced(lines, made, targets[way]!);
      const { user, system } = process.threadCpuUsage(before);
      // The first round warms up.
      if (round > 0) found[way]!.push((user + system) / lines);
    }
  process.send!({ found, dropped: stream.dropped, lost: output.lost });
  process.disconnect();
  process.exit();
}

async function writePaced(
  lines: number,
  made: readonly string[],
  targets: readonly (LogOutput | LogStream)[],
): Promise<void> {
  for (let number = 0; number < lines;) {
    for (let index = 0; index < CPU_LINES_A_TICK && number < lines; index += 1, number += 1)
      for (const target of targets) target.write(made[number % made.length]!);
    await pause(TICK_MS);
  }
  await turn();
}

if (kind === 'flood') await flood(Number(args[0]));
if (kind === 'steady') await steady(Number(args[0]), args[1]!);
if (kind === 'cpu') await cpu(Number(args[0]), Number(args[1]), args[2]!.split(','));
