import { setTimeout as delay } from 'node:timers/promises';

const FRESH_MS = 250;
const TIMEOUT_MS = 1_000;

/**
 * A value that a scrape reads once for all metrics that show it. A source that fails, or does not answer within a second, is
 * left out of the scrape; it is not read again while a read is pending.
 */
export class ScrapeValue<T> {
  #reading: Promise<T | undefined> | undefined;

  constructor(private readonly read: () => Promise<T>) {}

  async get(): Promise<T | undefined> {
    this.#reading ??= this.#start();
    return Promise.race([this.#reading, delay(TIMEOUT_MS, undefined, { ref: false })]);
  }

  async #start(): Promise<T | undefined> {
    try {
      return await this.read();
    } catch {
      // The broker and the database log their outages.
      return undefined;
    } finally {
      setTimeout(() => {
        this.#reading = undefined;
      }, FRESH_MS).unref();
    }
  }
}
