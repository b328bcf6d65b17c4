import { runOutsideCall } from './call-context.js';

/** A call that has not ended. */
export interface InFlightCall {
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Called once, when the deadline has passed; the tracker has removed the call before. */
  expire(): void;
  /** Index in the tracker's list; -1 when it is not there. */
  index: number;
}

const SWEEP_INTERVAL_MS = 10;
const MAX_IDLE_SWEEPS = 10;

/**
 * Enforces the deadlines of in-flight calls with one list, swept every 10 ms: a timer for each call would cost more than
 * the call. The timer stops when the list has been empty for a tenth of a second.
 */
export class DeadlineTracker {
  readonly #calls: InFlightCall[] = [];
  #timer: NodeJS.Timeout | undefined;
  #idleSweeps = 0;

  /** The number of calls in flight. */
  get size(): number {
    return this.#calls.length;
  }

  add(call: InFlightCall): void {
    call.index = this.#calls.push(call) - 1;
    this.#timer ??= runOutsideCall(() => setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref());
  }

  /** @returns false when the call was not there: it had ended or expired before */
  remove(call: InFlightCall): boolean {
    if (call.index < 0) return false;
    const last = this.#calls.pop()!;
    if (last !== call) {
      this.#calls[call.index] = last;
      last.index = call.index;
    }
    call.index = -1;
    return true;
  }

  #sweep(): void {
    if (this.#calls.length === 0) return this.#stopWhenIdle();
    this.#idleSweeps = 0;
    const now = performance.now();
    for (const call of this.#calls.filter(({ deadline }) => deadline <= now))
      if (this.remove(call)) call.expire();
  }

  /** Starting and stopping a timer around every lone call would cost more than some empty sweeps. */
  #stopWhenIdle(): void {
    this.#idleSweeps += 1;
    if (this.#idleSweeps < MAX_IDLE_SWEEPS) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#idleSweeps = 0;
  }
}
