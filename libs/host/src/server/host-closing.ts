import { Injectable, Logger } from '@nestjs/common';

/**
 * Tells a module that the host closes, before the host waits for the requests under way: answers that would go on for
 * ever, as streams do, end themselves then. Every host provides one.
 */
@Injectable()
export class HostClosing {
  readonly #listeners = new Set<() => void>();
  #isClosing = false;

  /** Whether the host closes; what is asked for now should end at once. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Calls `listener` once when the host begins to close.
   * @returns a function that takes the listener away again
   */
  onClosing(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called by the host, once. */
  begin(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        new Logger(HostClosing.name).error({ err: error }, 'not told that the host closes');
      }
    }
  }
}
