import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import { positionIn, type Stamp, type Tag } from './stamp.js';

const MOST = 20_000;

interface Change {
  readonly stamp: Stamp;
  readonly at: number;
}

/** The latest change of each tag, as far as this process has heard: nothing older may be kept. */
export class Changes {
  #now = 0;
  /** What began before this may lack a change that is not remembered any more. */
  #forgotten = 0;
  readonly #latest = new LRUCache<Tag, Change>({
    max: MOST,
    dispose: ({ at }, _tag, reason) => {
      if (reason === 'evict') this.#forgotten = Math.max(this.#forgotten, at);
    },
  });

  /** Grows with each change: of two moments, which was first. */
  get now(): number {
    return this.#now;
  }

  /** @returns whether it is new */
  note(tag: Tag, stamp: Stamp): boolean {
    const known = this.#latest.get(tag)?.stamp;
    if (known === stamp) return false;
    this.#now += 1;
    const isLater = known === undefined || (positionIn(stamp) ?? '~') >= (positionIn(known) ?? '');
    this.#latest.set(tag, { stamp: isLater ? stamp : known, at: this.#now });
    return true;
  }

  /** Others may have changed anything without this process having heard. */
  missSome(): void {
    this.#now += 1;
    this.#forgotten = this.#now;
  }

  of(tag: Tag): Stamp | undefined {
    return this.#latest.get(tag)?.stamp;
  }

  /**
   * Whether an entry shows every change that was heard of.
   * @param began when it began to be made, if that was here
   */
  areIn(entry: Entry, began = Infinity): boolean {
    if (began < this.#forgotten) return false;
    return entry.tags.every((tag) => {
      const change = this.#latest.peek(tag);
      return change === undefined || entry.isAfter(tag, change.stamp);
    });
  }
}
