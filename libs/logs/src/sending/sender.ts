/** The thread that sends the log of a process: `LogStream` starts it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type LineBatch, NumberedLines } from './numbered-lines.js';
import { Publisher } from './publisher.js';
import { Spool } from './spool.js';
import type { FromSender, SenderOptions, ToSender } from './worker-messages.js';

const VISIT_INTERVAL_MS = 10_000;
const IDLE_TIMEOUT_MS = 1_000;

const { url, spoolDir, maxSpoolBytes, service } = workerData as SenderOptions;
const name = `${hostname()
  .replaceAll(/[^\w.-]/g, '-')
  .slice(0, 80)}-${randomBytes(6).toString('hex')}`;
const numbered = new NumberedLines(name, service);
const spool = new Spool(spoolDir, name, maxSpoolBytes);
const publisher = new Publisher(url, spool, (reason) =>
  send(reason === undefined ? { type: 'back' } : { type: 'away', reason }),
);

const port = parentPort!;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
const send = (message: FromSender) => port.postMessage(message);

function take(lines: string): void {
  let dropped = 0;
  let reason: string | undefined;
  for (const batch of numbered.batchesOf(lines)) {
    const mistake = spooled(batch);
    if (publisher.add(batch, mistake === undefined)) continue;
    dropped += lineCount(batch);
    reason = mistake;
  }
  send({ type: 'taken', dropped, reason, spooledBytes: spool.bytes });
}

/** Writes a batch into the spool. @returns why it is not there */
function spooled(batch: LineBatch): string | undefined {
  try {
    spool.add(batch);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const lineCount = ({ first, last }: LineBatch) => last - first + 1;

async function flush(done: Int32Array): Promise<void> {
  await publisher.idle(IDLE_TIMEOUT_MS);
  spool.leave();
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

function visit(): void {
  try {
    publisher.adopt(spool.visit());
  } catch {
    return; // a disk that fails here fails for the next batch, too, which reports it
  } finally {
    send({ type: 'spooled', bytes: spool.bytes });
  }
}

visit();
setInterval(visit, VISIT_INTERVAL_MS);
void publisher.connect();
port.on('message', (message: ToSender) =>
  typeof message === 'string' ? take(message) : void flush(message),
);
