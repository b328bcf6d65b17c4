import type { CallContext, Placement, RecordCall, SeamObserver } from '@tearline/seam';
import type { Registry } from 'prom-client';
import { type DurationBuckets, DurationMetrics } from './duration-metrics.js';
import type { ErrorLog } from '../errors/error-log.js';

/** Counts every call over a seam, and logs errors that the contract does not declare. */
export class SeamMetrics implements SeamObserver {
  readonly #calls: DurationMetrics<'contract' | 'method' | 'placement' | 'outcome'>;

  constructor(
    registry: Registry,
    private readonly errors: ErrorLog,
  ) {
    this.#calls = new DurationMetrics(registry, {
      total: ['seam_calls_total', 'Calls of one module to another that have ended.'],
      seconds: ['seam_call_duration_seconds', 'Duration of calls of one module to another.'],
      labels: ['contract', 'method', 'placement', 'outcome'],
    });
  }

  callRecorder(contract: string, method: string, placement: Placement): RecordCall {
    const durations = new Map<string, DurationBuckets>();
    const durationOf = (outcome: string) => {
      const duration = this.#calls.of({ contract, method, placement, outcome });
      durations.set(outcome, duration);
      return duration;
    };
    return (outcome, milliseconds) => (durations.get(outcome) ?? durationOf(outcome)).add(milliseconds);
  }

  unexpectedError(contract: string, method: string, error: unknown, { requestId }: CallContext): void {
    this.errors.report(error, { contract, method }, requestId);
  }
}
