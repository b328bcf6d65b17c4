import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';

const TIMEOUT_MS = 1_000;
/** About 6 KB of headers. */
const MAX_KEYS = 400;
/** Another process is purging at this very moment. */
const STATUS_BUSY = 409;
const MAX_ATTEMPTS = 20;

/** A key that every stored page has. */
export const EVERY_PAGE = 'all';

interface Batch {
  readonly keys: Set<string>;
  readonly sent: Promise<void>;
}

/** The purges of one edge cache, which sends one request at a time: keys that arrive meanwhile form the next one. */
export class EdgeCache {
  /** Requests by their outcome. */
  readonly purges = { acknowledged: 0, failed: 0 };
  /** The age of the oldest purge of each module that the cache has not acknowledged, in seconds. */
  readonly lags = new Map<string, number>();
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;
  #next: Batch | undefined;
  #current: Promise<unknown> = Promise.resolve();

  constructor(
    readonly url: string,
    private readonly secret: string,
  ) {
    const isSecure = url.startsWith('https:');
    this.#agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    this.#request = isSecure ? httpsRequest : httpRequest;
  }

  /** Resolves when no reader gets a page with one of these keys any more. @throws Error when the cache does not acknowledge it */
  purge(keys: Iterable<string>): Promise<void> {
    if (!this.#next) {
      const batch = new Set<string>();
      const sent = this.#current.then(() => {
        this.#next = undefined;
        return this.#purge([...batch]);
      });
      this.#current = sent.catch(() => undefined);
      this.#next = { keys: batch, sent };
    }
    const { keys: batch, sent } = this.#next;
    for (const key of keys) batch.add(key);
    return sent;
  }

  /**
   * Lets the cache trust its pages for so long, as far as they depend on this module.
   * @throws Error when it does not acknowledge it
   */
  async trust(module: string, seconds: number): Promise<void> {
    await this.#send('/trust', { module, seconds: seconds.toFixed(3) });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #purge(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += MAX_KEYS)
      try {
        await this.#send('/keys', { keys: keys.slice(from, from + MAX_KEYS).join(' ') });
        this.purges.acknowledged += 1;
      } catch (error) {
        this.purges.failed += 1;
        throw error;
      }
  }

  async #send(path: string, headers: Record<string, string>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const status = await this.#sendOnce(path, headers);
      if (status === 200) return;
      if (status !== STATUS_BUSY || attempt === MAX_ATTEMPTS)
        throw new Error(`${this.url} answered a purge with ${status}`);
    }
  }

  async #sendOnce(path: string, headers: Record<string, string>): Promise<number | undefined> {
    const sent = this.#request(`${this.url}${path}`, {
      method: 'PURGE',
      agent: this.#agent,
      headers: { ...headers, authorization: `Bearer ${this.secret}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }
}
