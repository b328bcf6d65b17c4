/** What carries signals between processes, as text. */
export interface SignalChannel {
  /** In this order. */
  publish(texts: readonly string[]): Promise<unknown>;
  /** Called once; listens from then on, again and again whatever goes. */
  subscribe(hear: (text: string) => void): void;
  close(): void;
}
