import { currentCall, SeamError } from '@tearline/seam';

/** Lets a few pieces of work run at once and a few more wait for them, in order. */
export class WorkSlots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /**
   * @param slots how many run at once
   * @param places how many may wait
   */
  constructor(
    slots: number,
    private readonly places: number,
  ) {
    this.#free = slots;
  }

  /**
   * Does the work when a slot is free, unless nobody waits for it any more.
   * @throws SeamError unavailable when no place is free either
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      refuseIfLate();
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    if (this.#waiting.length >= this.places) throw new SeamError('unavailable');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A slot goes straight to whoever waits longest, so nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

function refuseIfLate(): void {
  const call = currentCall();
  if (call?.cancelled) throw call.cancelled;
  if (call?.remaining === 0) throw new SeamError('deadline-exceeded');
}
