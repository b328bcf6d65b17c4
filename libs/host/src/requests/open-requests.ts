/** The requests under way that have the same time, in the order in which they came: so of their deadlines, too. */
export class OpenRequests<T> extends Set<T> {
  /** @param time milliseconds that each of them has; `Infinity` for any */
  constructor(readonly time: number) {
    super();
  }
}
