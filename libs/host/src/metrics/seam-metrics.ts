import type { CallContext, Placement, RecordCall, SeamObserver } from '@tearline/seam';
import type { Registry } from 'prom-client';
import type { DurationBuckets } from './duration-metrics.js';
import { DurationMetrics } from './duration-metrics.js';
import type { ErrorLog } from '../errors/error-log.js';

/** Counts every call over a seam and writes down what no contract foresaw. */
export class SeamMetrics implements SeamObserver {
  readonly #calls: DurationMetrics<'contract' | 'method' | 'placement' | 'outcome'>;

  constructor(
    registry: Registry,
    private readonly failures: ErrorLog,
  ) {
    this.#calls = new DurationMetrics(registry, {
      total: ['seam_calls_total', 'Calls of one module to another that have ended.'],
      seconds: ['seam_call_duration_seconds', 'How long calls of one module to another took.'],
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
    this.failures.report(error, { contract, method }, requestId);
  }
}
