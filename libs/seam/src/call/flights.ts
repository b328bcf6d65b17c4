import { outsideCalls } from './call-context.js';

/** A call under way. */
export interface Flight {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Called once when the deadline has passed. */
  expire(): void;
  /** Where it stands in the list; -1 once it has left. */
  index: number;
}

const SWEEP_EVERY_MS = 10;

/**
 * Enforces deadlines with one list of the calls under way, swept every 10 ms: a timer for each call would cost
 * more than the call. The timer sleeps while nothing is under way.
 */
export class Flights {
  readonly #flights: Flight[] = [];
  #timer: NodeJS.Timeout | undefined;
  #idleSweeps = 0;

  /** How many calls are under way. */
  get size(): number {
    return this.#flights.length;
  }

  enter(flight: Flight): void {
    flight.index = this.#flights.push(flight) - 1;
    this.#timer ??= outsideCalls(() => setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref());
  }

  /** @returns false when the flight had left, or expired, before */
  leave(flight: Flight): boolean {
    if (flight.index < 0) return false;
    const last = this.#flights.pop()!;
    if (last !== flight) {
      this.#flights[flight.index] = last;
      last.index = flight.index;
    }
    flight.index = -1;
    return true;
  }

  #sweep(): void {
    if (this.#flights.length === 0) return this.#rest();
    this.#idleSweeps = 0;
    const now = performance.now();
    for (const flight of this.#flights.filter(({ deadline }) => deadline <= now))
      if (this.leave(flight)) flight.expire();
  }

  /** Starting and stopping a timer around every lone call would cost more than some empty sweeps. */
  #rest(): void {
    this.#idleSweeps += 1;
    if (this.#idleSweeps < 100) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#idleSweeps = 0;
  }
}
