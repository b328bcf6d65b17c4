import { z } from 'zod';
import { ContractError } from '../call/errors.js';
import { Codec } from './codec.js';

type Value = z.ZodType;

/** Options of a method of a contract. */
export interface MethodOptions<I extends Value, O extends Value> {
  /** Schema of the one argument; left out for a method without any. */
  input?: I;
  /** Schema of the result; left out for a method without any. */
  output?: O;
  /** Codes that the method may end with, as `<resource>/<reason>`; anything else arrives as `internal`. */
  errors?: readonly string[];
  /** Milliseconds that a call may take at most; the caller's own deadline holds as well. */
  timeout?: number;
}

/** One method of a contract, as it is known at run time. */
export interface Method<I extends Value = Value, O extends Value = Value> {
  /** A query has no effect and may be repeated; a command may not, unless it carries an idempotency key. */
  readonly kind: 'query' | 'command';
  readonly input: I;
  readonly output: O;
  readonly errors: readonly string[];
  readonly timeout: number | undefined;
}

export type Methods = Readonly<Record<string, Method>>;

/** How one method's values travel as JSON. */
export interface MethodCodecs {
  readonly input: Codec;
  readonly output: Codec;
}

/** What other modules may ask of a module: one object, known at run time. */
export interface Contract<M extends Methods = Methods> {
  readonly name: string;
  readonly methods: M;
  /** The injection token of the contract's client. */
  readonly token: symbol;
  readonly codecs: Readonly<Record<keyof M, MethodCodecs>>;
}

/** Arguments and results are immutable values, since caller and callee may share them. */
export type DeepReadonly<T> = T extends Date | Uint8Array | bigint
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

/** What a method takes, as a deep-readonly value. */
export type InputOf<C extends Contract, K extends keyof C['methods']> = DeepReadonly<
  z.output<C['methods'][K]['input']>
>;

/** What a method gives, as a deep-readonly value. */
export type OutputOf<C extends Contract, K extends keyof C['methods']> = DeepReadonly<
  z.output<C['methods'][K]['output']>
>;

/**
 * The TypeScript interface of a contract: what a provider implements and what a caller has injected.
 * @example export type Articles = ClientOf<typeof ArticlesContract>;
 */
export type ClientOf<C extends Contract> = {
  readonly [K in keyof C['methods']]: (...input: ArgumentsOf<InputOf<C, K>>) => Promise<OutputOf<C, K>>;
};

type ArgumentsOf<I> = [void] extends [I] ? [input?: I] : [input: I];

/** Declares a method without effect: it may be retried, and checked mode repeats it to prove that. */
export function query<I extends Value = z.ZodVoid, O extends Value = z.ZodVoid>(
  options: MethodOptions<I, O>,
): Method<I, O> {
  return method('query', options);
}

/** Declares a method with an effect. */
export function command<I extends Value = z.ZodVoid, O extends Value = z.ZodVoid>(
  options: MethodOptions<I, O>,
): Method<I, O> {
  return method('command', options);
}

function method<I extends Value, O extends Value>(
  kind: Method['kind'],
  { input, output, errors = [], timeout }: MethodOptions<I, O>,
): Method<I, O> {
  return {
    kind,
    input: input ?? (z.void() as unknown as I),
    output: output ?? (z.void() as unknown as O),
    errors,
    timeout,
  };
}

/**
 * Declares what other modules may ask of a module.
 * @param name the module's name, in kebab-case; it names the contract in metrics and on the wire
 * @param methods its queries and commands
 * @throws ContractError when a schema would carry a value differently in another placement
 * @example
 * export const ArticlesContract = contract('articles', {
 *   bySlug: query({ input: z.object({ slug: z.string() }), output: Article.nullable() }),
 * });
 */
export function contract<const M extends Methods>(name: string, methods: M): Contract<M> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new ContractError(`contract name '${name}' is not kebab-case`);
  const codecs = Object.fromEntries(
    Object.entries(methods).map(([key, { input, output, errors, timeout }]) => {
      const path = `${name}.${key}`;
      const bad = errors.find((code) => !/^[a-z-]+\/[a-z-]+$/.test(code));
      if (bad !== undefined)
        throw new ContractError(`${path}: error code '${bad}' is not <resource>/<reason>`);
      if (timeout !== undefined && !(timeout > 0))
        throw new ContractError(`${path}: timeout must be above 0 ms`);
      return [key, { input: new Codec(`${path} input`, input), output: new Codec(`${path} output`, output) }];
    }),
  ) as Record<keyof M, MethodCodecs>;
  return Object.freeze({ name, methods, token: Symbol.for(`seam:${name}`), codecs });
}
