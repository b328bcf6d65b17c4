/** What carries signals between processes, as text. */
export interface SignalChannel {
  /** In this order. */
  publish(texts: readonly string[]): Promise<unknown>;
  /**
   * Called once; listens from then on, again and again whatever goes.
   * @param began called whenever it listens, and so may have missed something before
   */
  subscribe(hear: (text: string) => void, began: () => void): void;
  close(): void;
}
