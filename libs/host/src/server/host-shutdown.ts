import { Injectable, Logger } from '@nestjs/common';

/**
 * Notifies modules that the host shuts down, before the host waits for the requests in flight: responses without an end,
 * such as streams, end then. Every host provides one.
 */
@Injectable()
export class HostShutdown {
  readonly #listeners = new Set<() => void>();
  #isShuttingDown = false;

  /** Whether the host shuts down; new streams should end at once. */
  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  /**
   * Calls `listener` once when the host begins to shut down.
   * @returns a function that removes the listener
   */
  onShutdown(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called by the host, once. */
  begin(): void {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        new Logger(HostShutdown.name).error({ err: error }, 'a shutdown listener failed');
      }
    }
  }
}
