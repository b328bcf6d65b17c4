const FRESH_MS = 250;
const PATIENCE_MS = 1_000;

/**
 * Something read for a scrape, once for all metrics that show it. Who cannot be asked is left out of that scrape, and
 * is not asked again while the last question is open.
 */
export class Reading<T> {
  #asking: Promise<T | undefined> | undefined;

  constructor(private readonly ask: () => Promise<T>) {}

  async value(): Promise<T | undefined> {
    this.#asking ??= this.start();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, undefined);
    });
    return Promise.race([this.#asking, timeout]).finally(() => clearTimeout(timer));
  }

  private async start(): Promise<T | undefined> {
    try {
      return await this.ask();
    } catch {
      // The outage has its own line in the log; a scrape has to go on without.
      return undefined;
    } finally {
      setTimeout(() => {
        this.#asking = undefined;
      }, FRESH_MS).unref();
    }
  }
}
