/** A process of clients, because one process may open no more files than its limit. Talks to its parent over IPC. */
import { HalfOpenConnections, type HalfOpenOptions } from './half-open.js';
import { Streams } from './streams.js';

/** Streams that are opened at the same time. */
const AT_ONCE = 20;

export type Job =
  | { readonly kind: 'half-open'; readonly options: HalfOpenOptions }
  | {
      readonly kind: 'streams';
      readonly url: string;
      /** One for each stream. */
      readonly tokens: readonly string[];
      /** Addresses that the streams come from, in turn. */
      readonly from: readonly string[];
    };

/** What the process reports once a second. */
export interface ClientReport {
  readonly open: number;
  readonly opened: number;
  readonly ended: number;
  readonly peak: number;
  readonly refused: Readonly<Record<number, number>>;
  readonly isReady: boolean;
}

const REPORT_INTERVAL_MS = 500;

process.once('message', (job: Job) => {
  const report = job.kind === 'half-open' ? keepHalfOpen(job.options) : keepStreams(job);
  setInterval(() => process.send!(report(), () => undefined), REPORT_INTERVAL_MS);
});
process.once('disconnect', () => process.exit());

function keepHalfOpen(options: HalfOpenOptions): () => ClientReport {
  const connections = new HalfOpenConnections(options);
  return () => ({
    open: connections.open,
    opened: connections.opened,
    ended: connections.ended,
    peak: connections.peak,
    refused: {},
    isReady: connections.opened >= options.count,
  });
}

function keepStreams({ url, tokens, from }: Extract<Job, { kind: 'streams' }>): () => ClientReport {
  const streams = new Streams();
  let next = 0;
  let tried = 0;
  const open = async () => {
    while (next < tokens.length) {
      const index = next;
      next += 1;
      await streams.openOne(url, tokens[index]!, from[index % from.length]!);
      tried += 1;
    }
  };
  for (let index = 0; index < AT_ONCE; index += 1) void open();
  return () => ({
    open: streams.open,
    opened: streams.accepted,
    ended: streams.ended,
    peak: streams.accepted,
    refused: Object.fromEntries(streams.refused),
    isReady: tried === tokens.length,
  });
}
