import type { CompiledSchema } from './schema.js';
import { InvalidValue } from './schema.js';
import { isJson, mayLookTagged, type Shape } from './shape.js';
import { type Classes, fromWire, itemToWire, toWire } from './wire-value.js';

/** Turns the values of one place of a contract (an input, an output, the data of an error) into JSON, and back. */
export class Codec {
  readonly shape: Shape;
  readonly #isJson: boolean;

  /** @param path e.g. `articles.bySlug input`; named in errors */
  constructor(
    readonly path: string,
    readonly schema: CompiledSchema,
    readonly classes: Classes,
  ) {
    this.shape = schema.shape;
    this.#isJson = isJson(schema.shape) && !mayLookTagged(schema.shape);
  }

  /**
   * Leaves out what the contract does not name, and encodes the rest.
   * @returns JSON text, or `undefined` for `undefined`
   * @throws InvalidValue for a value that the schema does not allow
   * @throws NotCarried for a value without a wire form
   */
  encode(value: unknown): string | undefined {
    const named = this.#parse(value);
    return JSON.stringify(this.#isJson ? named : this.#tag(named));
  }

  /**
   * Decodes parsed JSON, which a peer may have sent: validates it, and leaves out what the contract does not name.
   * @throws InvalidValue
   */
  decode(json: unknown): unknown {
    return this.#parse(this.#isJson ? json : this.#untag(json));
  }

  #parse(value: unknown): unknown {
    try {
      return this.schema.parse(value);
    } catch (error) {
      throw error instanceof InvalidValue ? new InvalidValue(error.issues, this.path) : error;
    }
  }

  /** Of a value without a schema, the classes decide what travels. */
  #tag(named: unknown): unknown {
    const { shape, classes } = this;
    if (shape.type !== 'arguments') return toWire(named, shape.type === 'any' ? classes : undefined);
    return (named as unknown[]).map((item, at) => {
      const isTypeOnly = (shape.items[at]?.shape ?? shape.rest)?.type === 'any';
      return itemToWire(item, isTypeOnly ? classes : undefined, 1);
    });
  }

  #untag(json: unknown): unknown {
    try {
      return fromWire(json, this.classes);
    } catch {
      throw new InvalidValue([{ path: [], message: 'is not in wire form' }], this.path);
    }
  }
}
