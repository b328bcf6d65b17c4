import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { END_CAUSES, type EndCause, MEMORY_CAUSES } from './ends/end-cause.js';
import type { EndedRun } from './ends/ended-runs.js';
import type { MemoryEvidence } from './memory-evidence.js';

/** A process of another container is found later than at the start. */
const CLAIM_INTERVAL_MS = 30_000;
const MIB = 1_048_576;

/** Says in the log and in the metrics why earlier processes of this host have ended. */
export class LastEnds {
  readonly #ends: Gauge<'cause'>;

  constructor(
    private readonly evidence: MemoryEvidence,
    registry: Registry,
    private readonly log: Logger,
  ) {
    this.#ends = new Gauge({
      name: 'process_last_end_timestamp_seconds',
      help: 'When the latest of the earlier processes ended whose evidence this process has found, by cause; 0 for none.',
      labelNames: ['cause'],
      registers: [registry],
    });
    for (const cause of Object.keys(END_CAUSES)) this.#ends.set({ cause }, 0);
    this.#claim();
    setInterval(() => this.#claim(), CLAIM_INTERVAL_MS).unref();
  }

  #claim(): void {
    try {
      for (const run of this.evidence.claimEndedRuns()) this.#report(run);
    } catch (error) {
      this.log.warn({ err: error }, 'evidence of earlier processes cannot be read');
    }
  }

  #report({ folder, record, end: { cause, at, code } }: EndedRun): void {
    this.#ends.set({ cause }, at / 1_000);
    if (cause === 'exit') return;
    const fields = {
      cause,
      ...(code !== undefined && { code }),
      endedPid: record.pid,
      started: new Date(record.startedAt).toISOString(),
      ended: new Date(at).toISOString(),
      memoryLimitMib: Math.round(record.memoryLimit / MIB),
      heapLimitMib: Math.round(record.heapLimit / MIB),
      evidence: folder,
    };
    const isAboutMemory = (MEMORY_CAUSES as readonly EndCause[]).includes(cause);
    const message = `an earlier process of this host has ended: ${END_CAUSES[cause]}`;
    if (isAboutMemory) this.log.error(fields, `${message}; npm run memory -- report shows what grew`);
    else this.log.warn(fields, message);
  }
}
