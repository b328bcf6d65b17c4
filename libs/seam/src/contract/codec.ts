import type { z } from 'zod';
import type { Shape } from './shape.js';
import { compileSchema, type Wire } from './compile-schema.js';

/** A value that its schema does not allow. */
export class InvalidValue extends Error {
  constructor(
    message: string,
    readonly issues: readonly { readonly path: string; readonly message: string }[],
  ) {
    super(message);
  }
}

/** Turns values of one method's input or output into JSON, and back. */
export class Codec {
  readonly shape: Shape;
  private readonly wire: Wire | undefined;

  /**
   * @param path e.g. `articles.bySlug input`; named in errors
   * @throws ContractError when JSON would change a value of the schema
   */
  constructor(
    readonly path: string,
    readonly schema: z.ZodType,
  ) {
    const { shape, wire } = compileSchema(schema, path);
    this.shape = shape;
    this.wire = wire;
  }

  /** @returns JSON text, or `undefined` for `undefined` */
  encode(value: unknown): string | undefined {
    return JSON.stringify(this.wire && value !== undefined ? this.wire.encode(value) : value);
  }

  /** Decodes parsed JSON of this application's own, without validation. */
  decode(json: unknown): unknown {
    return this.wire && json !== undefined ? this.wire.decode(json) : json;
  }

  /**
   * Decodes parsed JSON of a peer, validates it, and strips what the contract does not name.
   * @throws InvalidValue
   */
  receive(json: unknown): unknown {
    const parsed = this.schema.safeParse(this.#decodeUntrusted(json));
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    const { path, message } = issues[0]!;
    throw new InvalidValue(`${this.path}${path && `.${path}`}: ${message}`, issues);
  }

  /** A peer may send anything, also what the wire form cannot read. */
  #decodeUntrusted(json: unknown): unknown {
    try {
      return this.decode(json);
    } catch {
      throw new InvalidValue(`${this.path}: is not in wire form`, []);
    }
  }
}
