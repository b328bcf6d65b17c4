import { createHash } from 'node:crypto';

/**
 * Gives every call of one request an idempotency key of its own. The n-th call of a method always gets the same
 * key, so a repeated request repeats its keys, while two calls of one request never share one.
 */
export class KeySequence {
  readonly #counts = new Map<string, number>();

  constructor(readonly key: string) {}

  /** @param method `<contract>.<method>` */
  next(method: string): string {
    const nth = (this.#counts.get(method) ?? 0) + 1;
    this.#counts.set(method, nth);
    return createHash('sha256').update(`${this.key}\n${method}\n${nth}`).digest('base64url');
  }
}
