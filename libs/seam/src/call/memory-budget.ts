import { SeamError } from './errors.js';

/** Smaller values are not counted: there are many of them, and the garbage collector keeps up with them. */
const MIN_COUNTED_BYTES = 16_384;

/** Limits the bytes that the large values of all requests take in this process at once. */
export class MemoryBudget {
  #held = 0;

  /** @param limit bytes; one value may exceed it while no other is held */
  constructor(readonly limit: number) {}

  /** Bytes that are held. */
  get held(): number {
    return this.#held;
  }

  /** Returns an account for one request. */
  open(): MemoryAccount {
    return new MemoryAccount(this);
  }

  tryHold(bytes: number): boolean {
    if (this.#held > 0 && this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

/** The bytes that the large values of one request take, from their arrival until {@link close}. */
export class MemoryAccount {
  #held = 0;
  #isClosed = false;

  constructor(private readonly budget: MemoryBudget) {}

  /** Whether the request holds a large value. */
  get isUsed(): boolean {
    return this.#held > 0;
  }

  /** Counts a value, if it is large. @throws SeamError `unavailable` when the process holds too many already */
  hold(bytes: number): void {
    if (bytes < MIN_COUNTED_BYTES || this.#isClosed) return;
    if (!this.budget.tryHold(bytes))
      throw new SeamError('unavailable', { message: 'the large values of other requests take all memory' });
    this.#held += bytes;
  }

  /** Returns an account of the same budget, for work that several requests share. */
  openAnother(): MemoryAccount {
    return this.budget.open();
  }

  /** Releases everything. Values that arrive later are not counted. */
  close(): void {
    this.budget.release(this.#held);
    this.#held = 0;
    this.#isClosed = true;
  }
}
