import { currentCall } from '@tearline/seam';
import type { Logger } from 'pino';

/** Logs unexpected errors, each once, even if several layers report it. */
export class ErrorLog {
  readonly #seen = new WeakSet<object>();

  constructor(private readonly logger: Logger) {}

  report(thrown: unknown, where: object = {}, requestId = currentCall()?.requestId): void {
    if (typeof thrown === 'object' && thrown !== null) {
      if (this.#seen.has(thrown)) return;
      this.#seen.add(thrown);
    }
    this.logger.error({ err: thrown, requestId, ...where }, 'unexpected error');
  }
}
