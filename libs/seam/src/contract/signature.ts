import type { Schema, ValueOf } from './schema.js';

/** Any function; the signature of a method whose contract is not known. */
export type AnyMethod = (...args: never[]) => unknown;

/** Arguments and results are immutable values, since caller and callee may share them. */
export type DeepReadonly<T> = T extends Date | Uint8Array | bigint | AnyMethod
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

type Result<O> = O extends Schema ? ValueOf<O> : void;

/** The signature of a method with one argument, an object; with a schema, values are read-only. */
export type OfInput<I, O> = I extends Schema
  ? (input: DeepReadonly<ValueOf<I>>) => Promise<DeepReadonly<Result<O>>>
  : (input?: void) => Promise<DeepReadonly<Result<O>>>;

/** The signature of a method with positional arguments. */
export type OfArguments<A extends readonly Schema[], R, O> = (
  ...args: [...Positional<A>, ...(R extends Schema ? ValueOf<R>[] : [])]
) => Promise<Result<O>>;

/** The arguments of schemas; those at the end that allow `undefined` are optional. */
type Positional<A extends readonly Schema[], Tail extends unknown[] = []> = A extends readonly [
  ...infer Head extends readonly Schema[],
  infer Last extends Schema,
]
  ? undefined extends ValueOf<Last>
    ? Positional<Head, [ValueOf<Last>?, ...Tail]>
    : [...ValuesOf<A>, ...Tail]
  : Tail;

type ValuesOf<A extends readonly Schema[]> = { -readonly [K in keyof A]: ValueOf<A[K]> };

/** A service's own signature, with the promise that every call gives. */
export type Promised<F extends AnyMethod> = (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;
