import { circuitBreaker, type CircuitBreakerPolicy, handleType, type IBreaker } from 'cockatiel';
import { TransportError } from './retry.js';

/** How often probes happen is the prober's business; this only bounds what a storm of calls can cause. */
export const MIN_PROBE_INTERVAL_MS = 50;

/** Opens after some failures in a row, or at once after a conclusive one. */
class ConsecutiveFailures implements IBreaker {
  state: unknown = undefined;
  isFatal = false;
  #count = 0;

  constructor(private readonly threshold: number) {}

  success(): void {
    this.#count = 0;
    this.isFatal = false;
  }

  failure(): boolean {
    this.#count += 1;
    return this.isFatal || this.#count >= this.threshold;
  }
}

/** The circuit breaker of one address: only what happens to the connection counts, not what a method answers. */
export interface EndpointBreaker {
  readonly policy: CircuitBreakerPolicy;
  /** Opens the circuit at once. */
  open(reason: TransportError): void;
}

export function endpointBreaker(failures: number): EndpointBreaker {
  const breaker = new ConsecutiveFailures(failures);
  const policy = circuitBreaker(handleType(TransportError), {
    breaker,
    halfOpenAfter: MIN_PROBE_INTERVAL_MS,
  });
  return {
    policy,
    open: (reason) => {
      breaker.isFatal = true;
      policy.execute(() => Promise.reject(reason)).catch(() => undefined);
    },
  };
}
