import { circuitBreaker, type CircuitBreakerPolicy, handleType, type IBreaker } from 'cockatiel';
import { TransportError } from './transport-error.js';

/** How often probes happen is the prober's business; this only bounds what a storm of calls can cause. */
const PROBE_AT_MOST_EVERY_MS = 50;

/** Opens after some failures in a row, or at once after one that leaves no doubt. */
class Failures implements IBreaker {
  state: unknown = undefined;
  isDecisive = false;
  #count = 0;

  constructor(private readonly threshold: number) {}

  success(): void {
    this.#count = 0;
    this.isDecisive = false;
  }

  failure(): boolean {
    this.#count += 1;
    return this.isDecisive || this.#count >= this.threshold;
  }
}

/** The circuit breaker of one address: only what happens to the connection counts, not what a method answers. */
export interface AddressBreaker {
  readonly policy: CircuitBreakerPolicy;
  /** Opens the circuit at once. */
  open(reason: TransportError): void;
}

export function addressBreaker(failures: number): AddressBreaker {
  const breaker = new Failures(failures);
  const policy = circuitBreaker(handleType(TransportError), {
    breaker,
    halfOpenAfter: PROBE_AT_MOST_EVERY_MS,
  });
  return {
    policy,
    open: (reason) => {
      breaker.isDecisive = true;
      policy.execute(() => Promise.reject(reason)).catch(() => undefined);
    },
  };
}
