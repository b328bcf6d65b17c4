import type { Shape } from './shape.js';

/**
 * A schema: one of zod 4 or zod/mini, described by its structure, `typeOnly()`, or `dto()` of `@tearline/seam/class-validator`.
 * The types and the code of the seam need no zod, so an application whose contracts name no schema of it does not install it.
 */
export interface Schema<T = unknown> {
  readonly _zod: { readonly output: T; readonly def: { readonly type: string } };
  safeParse(value: unknown): ParseResult<T>;
}

/** What a schema says of a value. */
export type ParseResult<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: Error & { readonly issues: readonly Issue[] } };

/** One reason why a value does not fit its schema. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Type that the schema wants here, by its name in zod, where that is what is wrong. */
  readonly expected?: string | undefined;
}

/** The values that a schema accepts. */
export type ValueOf<S extends Schema> = S extends Schema<infer T> ? T : unknown;

/** A value that its schema does not allow. */
export class InvalidValue extends Error {
  /** @param place where the value stands in its contract: `articles.bySlug output` */
  constructor(
    readonly issues: readonly Issue[],
    place = '',
  ) {
    super(issues.map(({ path, message }) => `${place}${pathOf(path)}: ${message}`).join('\n'));
  }
}

/** Returns a path as text: `.author.bio`, `[3].id`; empty for the whole. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

/** A schema as the seam uses it, whatever library it is of. */
export interface CompiledSchema {
  readonly shape: Shape;
  /**
   * Returns the value with nothing but what the schema names.
   * @throws InvalidValue
   */
  parse(value: unknown): unknown;
}

/** Values of which the contract knows the type alone: they travel as they are. */
export const ANYTHING: CompiledSchema = { shape: { type: 'any' }, parse: (value) => value };

/** No value, whatever there is. */
export const NOTHING: CompiledSchema = { shape: { type: 'nothing' }, parse: () => undefined };

/** A schema that is none of zod, with what the seam makes of it. */
export type AdaptedSchema<T> = Schema<T> & { readonly compiled: CompiledSchema };

/** Makes a compiled schema one that a contract takes like one of zod. */
export function adapt<T>(compiled: CompiledSchema): AdaptedSchema<T> {
  return {
    compiled,
    // Its output exists in the type alone.
    _zod: { def: { type: 'custom' } } as Schema<T>['_zod'],
    safeParse(value) {
      try {
        return { success: true, data: compiled.parse(value) as T };
      } catch (error) {
        if (error instanceof InvalidValue) return { success: false, error };
        throw error;
      }
    },
  };
}

/**
 * Declares a value by its type alone: it is not validated, nothing is left out of it, and it arrives as it left.
 * @example args: [z.string(), typeOnly<FindOptions | undefined>()]
 */
export function typeOnly<T>(): Schema<T> {
  return adapt<T>(ANYTHING);
}
