import { Logger } from '@nestjs/common';
import type { AnswerSource, CallContext, Placement, RecordCall, SeamObserver } from '@tearline/seam';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type DurationBuckets, DurationMetrics } from './duration-metrics.js';
import type { ErrorLog } from '../errors/error-log.js';

/**
 * Counts every call over a seam, where the answers of other hosts come from, and their ejected addresses; logs ejections, and errors
 * that the contract does not declare.
 */
export class SeamMetrics implements SeamObserver {
  readonly #calls: DurationMetrics<'contract' | 'method' | 'placement' | 'outcome'>;

  readonly #answers: Counter<'contract' | 'method' | 'source'>;
  readonly #ejections: Counter;
  readonly #ejected = new Set<string>();
  readonly #log = new Logger('Seam');

  constructor(
    registry: Registry,
    private readonly errors: ErrorLog,
  ) {
    this.#calls = new DurationMetrics(registry, {
      total: ['seam_calls_total', 'Calls of one module to another that have ended.'],
      seconds: ['seam_call_duration_seconds', 'Duration of calls of one module to another.'],
      labels: ['contract', 'method', 'placement', 'outcome'],
    });
    this.#answers = new Counter({
      name: 'seam_answers_total',
      help: 'Answers of other hosts that may be kept, by source: kept, asked, or, while a host is unreachable, stale or fallback.',
      labelNames: ['contract', 'method', 'source'],
      registers: [registry],
    });
    this.#ejections = new Counter({
      name: 'seam_ejections_total',
      help: 'Ejections of addresses of other hosts, which then get no calls.',
      registers: [registry],
    });
    const ejected = this.#ejected;
    new Gauge({
      name: 'seam_endpoints_ejected',
      help: 'Addresses of other hosts that are ejected.',
      registers: [registry],
      collect() {
        this.set(ejected.size);
      },
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

  answered(contract: string, method: string, source: AnswerSource): void {
    this.#answers.inc({ contract, method, source });
  }

  ejected(address: string, reason: string): void {
    this.#ejected.add(address);
    this.#ejections.inc();
    this.#log.warn(`${address} gets no more calls: ${reason}`);
  }

  restored(address: string): void {
    this.#ejected.delete(address);
    this.#log.log(`${address} gets calls again`);
  }

  removed(address: string): void {
    this.#ejected.delete(address);
  }

  unexpectedError(contract: string, method: string, error: unknown, { requestId }: CallContext): void {
    this.errors.report(error, { contract, method }, requestId);
  }
}
