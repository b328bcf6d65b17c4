import type { EventContract, PayloadOf } from '@tearline/seam';

/** An event as its subscriber gets it. */
export interface Message<E extends EventContract = EventContract> {
  readonly payload: PayloadOf<E>;
  /** When it was published: the time of the publisher's transaction. */
  readonly at: Date;
  /** Whose events come in order, e.g. `article/17`. */
  readonly aggregate: string;
  /** From 1, without gaps, for each subscriber and aggregate. */
  readonly seq: number;
  /** The same in every repetition: `<publisher>:<number>`. */
  readonly id: string;
}
