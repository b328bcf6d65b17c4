/** Port for messages to all processes that may be lost; `Broadcaster` of `@tearline/events` implements it. */
export interface Broadcaster {
  /** Sends a message to every process, together with others that are published within a few milliseconds. */
  publish(topic: string, message: unknown): void;
  /** Sends a message at once. Resolves when the server has it, or does not take it; never rejects. */
  publishNow(topic: string, message: unknown): Promise<void>;
  /** @returns a function that ends the subscription */
  subscribe(topic: string, listener: (message: unknown) => void): () => void;
  /**
   * Calls the listener whenever messages may have been lost.
   * @returns a function that ends the subscription
   */
  onMissed(listener: () => void): () => void;
}
