import type { z } from 'zod';
import type { Wire } from '../contract/wire.js';

/** A value that its schema does not allow. */
export class InvalidValue extends Error {
  constructor(
    message: string,
    readonly issues: readonly { readonly path: string; readonly message: string }[],
  ) {
    super(message);
  }
}

/** Carries one method's input or output across the process boundary. */
export class Codec {
  /** @param path e.g. `articles.bySlug input`; named in errors */
  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType,
    private readonly wire: Wire | undefined,
  ) {}

  /** @returns JSON text, or `undefined` for `undefined` */
  encode(value: unknown): string | undefined {
    return JSON.stringify(this.wire && value !== undefined ? this.wire.encode(value) : value);
  }

  /**
   * Takes a value from the wire, validates it, and strips what the contract does not name.
   * @throws InvalidValue
   */
  decode(received: unknown): unknown {
    const parsed = this.schema.safeParse(this.#unwire(received));
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    const { path, message } = issues[0]!;
    throw new InvalidValue(`${this.path}${path && `.${path}`}: ${message}`, issues);
  }

  /** A peer may send anything, also what the wire form cannot read. */
  #unwire(received: unknown): unknown {
    if (!this.wire || received === undefined) return received;
    try {
      return this.wire.decode(received);
    } catch {
      throw new InvalidValue(`${this.path}: is not in wire form`, []);
    }
  }
}
