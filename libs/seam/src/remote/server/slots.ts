/** Bounds what runs at once, and what waits for that. */
export class Slots<T> {
  #running = 0;
  readonly #queue: T[] = [];

  constructor(
    private readonly limit: number,
    private readonly queueLimit: number,
    private readonly run: (item: T) => void,
  ) {}

  /** Runs an item, now or later; the item must call `free` once it has ended. @returns false when there is no room */
  take(item: T): boolean {
    if (this.#running < this.limit) {
      this.#running += 1;
      this.run(item);
      return true;
    }
    if (this.#queue.length >= this.queueLimit) return false;
    this.#queue.push(item);
    return true;
  }

  free(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running -= 1;
    else this.run(next);
  }
}
