import {
  type JetStreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { LINES_SUBJECT, type LineRange, rangeOf, STREAM_NAME, type StreamClient } from '@tearline/logs';
import type { MessageRange } from '../store/segment.js';
import type { Store } from './store.js';

/**
 * A file of the store has the lines of one second, or of so many messages, each with about 150 KB. With a limit in bytes (`max_bytes`), the same
 * lines took ten times as long from nats-server 2.9.
 */
const FETCH_MESSAGES = 128;
const FETCH_INTERVAL_MS = 1_000;
/** What has arrived before the end is stored at the end, if it does not take longer. */
const LAST_LINES_MS = 5_000;
const LINE_BREAK = 10;
const MAX_MESSAGE_BYTES = 1_048_576;

export type Report = (level: 'info' | 'warn', message: string, fields?: object) => void;

/**
 * Moves the lines from the stream to the store, until the connection is closed, or the stream is empty or a few seconds have passed after the
 * signal. The store itself says where to go on; the stream forgets what the store has. What was fetched and not stored is fetched again.
 */
export async function moveLines(
  client: StreamClient,
  store: Store,
  { maxBytes, signal, report }: { maxBytes: number; signal: AbortSignal; report: Report },
): Promise<void> {
  const manager = await client.manager();
  const info = await ensureStream(manager, maxBytes);
  let { epoch, next } = startOf(info, await store.newest(), report);
  await forget(manager, next);
  const consumer = await client.jetStream.consumers.get(STREAM_NAME, { opt_start_seq: next });
  let end = Infinity;
  while (!client.connection.isClosed()) {
    if (signal.aborted) end = Math.min(end, performance.now() + LAST_LINES_MS);
    if (performance.now() > end) break;
    const batch = new Batch(store, report);
    const fetched = await consumer.fetch({
      max_messages: FETCH_MESSAGES,
      expires: FETCH_INTERVAL_MS,
    });
    for await (const { seq, headers, data } of fetched)
      batch.add(seq, headers?.get('Nats-Msg-Id') ?? '', data);
    if (batch.last === 0) {
      if (signal.aborted) break;
      continue;
    }
    const range: MessageRange = { epoch, first: next, last: batch.last };
    const unreadable = await store.add(range, batch.messages, batch.lines);
    if (unreadable > 0) report('warn', 'lines are no JSON, and are left out', { lines: unreadable });
    next = batch.last + 1;
    await forget(manager, next);
  }
}

/** What one fetch brings. */
class Batch {
  readonly messages: Uint8Array[] = [];
  readonly lines: LineRange[] = [];
  last = 0;
  /** First sequences by process: a message that was published twice may be here twice. */
  readonly #seen = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly report: Report,
  ) {}

  add(sequence: number, id: string, data: Uint8Array): void {
    this.last = sequence;
    const range = rangeOf(id);
    if (!range) return this.report('warn', 'a message names no lines, and is left out', { sequence, id });
    if (this.#seen.has(id) || this.store.stored.has(range)) return;
    this.#seen.add(id);
    this.lines.push(range);
    this.messages.push(data);
    // One that is cut off does not spoil the line behind it.
    if (data.at(-1) !== LINE_BREAK) this.messages.push(Uint8Array.of(LINE_BREAK));
  }
}

/** Creates the stream, or gives it another size. It refuses messages rather than forget some that are not stored. */
async function ensureStream(manager: JetStreamManager, maxBytes: number): Promise<StreamInfo> {
  const config = {
    name: STREAM_NAME,
    subjects: [LINES_SUBJECT],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: maxBytes,
    max_msg_size: MAX_MESSAGE_BYTES,
  };
  try {
    const info = await manager.streams.info(STREAM_NAME);
    if (info.config.max_bytes === maxBytes) return info;
    return await manager.streams.update(STREAM_NAME, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error;
    return manager.streams.add(config);
  }
}

/** Returns where to go on: behind what the store has, unless the stream has begun anew. */
function startOf(
  { created, state }: StreamInfo,
  stored: MessageRange | undefined,
  report: Report,
): { epoch: number; next: number } {
  const first = Math.max(1, state.first_seq);
  const createdAt = Date.parse(created);
  if (stored === undefined || createdAt > stored.epoch) return { epoch: createdAt, next: first };
  if (state.last_seq < stored.last) {
    report('warn', 'the stream has lost messages that the store has; its sequences begin anew');
    return { epoch: Math.max(Date.now(), stored.epoch + 1), next: first };
  }
  const missing = first - (stored.last + 1);
  if (missing > 0) report('warn', 'the stream lost messages before they were stored', { messages: missing });
  return { epoch: stored.epoch, next: Math.max(first, stored.last + 1) };
}

/** Deletes from the stream what is stored. */
async function forget(manager: JetStreamManager, next: number): Promise<void> {
  if (next > 1) await manager.streams.purge(STREAM_NAME, { seq: next });
}
