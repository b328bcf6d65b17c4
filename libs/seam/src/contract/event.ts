import { ContractError } from '../call/errors.js';
import type { DeepReadonly } from './signature.js';
import { compileSchema } from './compile-schema.js';
import type { Schema, ValueOf } from './schema.js';
import { isJson } from './shape.js';

/** A payload as an earlier release wrote it, and how it is read today. */
export interface EarlierPayload<S extends Schema = Schema> {
  readonly payload: S;
  /** Gives the payload of the next version. It must not fail: what it is given fits the schema. */
  upgrade(payload: ValueOf<S>): unknown;
}

/** Options of an event. */
export interface EventOptions<S extends Schema> {
  /** Schema of what the event says; plain JSON. */
  payload: S;
  /** From 1; one more with every change that an old subscriber cannot ignore. */
  version?: number;
  /** Payloads of the versions before, oldest first: rows and jobs of an earlier release are still under way. */
  earlier?: readonly EarlierPayload[];
  /** Whether this is the last event of its aggregate, e.g. a deletion; then its order needs no memory any more. */
  ends?: boolean;
}

/** An event that a module publishes, as an object that exists at run time. */
export interface EventContract<S extends Schema = Schema> {
  /** `<module>/<what happened>`, e.g. `articles/published`. */
  readonly name: string;
  /** The module that publishes it. */
  readonly publisher: string;
  readonly version: number;
  readonly payload: S;
  readonly ends: boolean;
  /**
   * Reads a payload of any version up to this one.
   * @throws ContractError for an unknown version, such as one of a newer publisher
   * @throws the schema's error (z.ZodError) for a payload that is not of its version
   */
  readonly read: (payload: unknown, version: number) => DeepReadonly<ValueOf<S>>;
}

/** What an event says, as a deep-readonly value. */
export type PayloadOf<E extends EventContract> = DeepReadonly<ValueOf<E['payload']>>;

/**
 * Declares an event that a module publishes, in its `contract.ts`.
 * @param name `<module>/<what happened>`, in kebab-case and the past tense
 * @throws ContractError when JSON would not carry the payload unchanged, or an earlier version is missing
 * @example
 * export const ArticlePublished = event('articles/published', {
 *   payload: z.object({ articleId: ArticleId, authorId: UserId }),
 * });
 */
export function event<S extends Schema>(
  name: string,
  { payload, version = 1, earlier = [], ends = false }: EventOptions<S>,
): EventContract<S> {
  const [, publisher] = /^([a-z][a-z0-9-]*)\/[a-z][a-z0-9-]*$/.exec(name) ?? [];
  if (publisher === undefined)
    throw new ContractError(`event name '${name}' is not <module>/<what-happened>`);
  if (earlier.length !== version - 1)
    throw new ContractError(
      `event '${name}' has version ${version}, so it needs ${version - 1} earlier payloads, not ${earlier.length}`,
    );
  const schemas = [...earlier.map((one) => one.payload), payload];
  for (const [index, schema] of schemas.entries())
    if (!isJson(compileSchema(schema, `${name} version ${index + 1}`).shape))
      throw new ContractError(`event '${name}' has a payload that JSON does not carry as it is`);
  const read = (value: unknown, written: number) => {
    const schema = schemas[written - 1];
    if (!schema)
      throw new ContractError(`event '${name}' has version ${written}; only ${version} is known here`);
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw parsed.error;
    const upgraded = earlier.slice(written - 1).reduce((old, one) => one.upgrade(old), parsed.data);
    return upgraded as DeepReadonly<ValueOf<S>>;
  };
  return Object.freeze({ name, publisher, version, payload, ends, read });
}
