import { ContractError } from '../call/errors.js';
import { ANY_ARGUMENTS, argumentsOf } from './arguments.js';
import { Codec } from './codec.js';
import { compileSchema } from './compile-schema.js';
import { ErrorCodec } from './error-codec.js';
import { checkKeep, type KeepOptions } from './keep.js';
import { ANYTHING, type CompiledSchema, NOTHING, type Schema } from './schema.js';
import type { Class } from './serialization-rules.js';
import type { AnyMethod, OfArguments, OfInput, Promised } from './signature.js';

type Errors = readonly string[] | Readonly<Record<string, Schema | null>>;

/** What a method has in whichever form it is declared. */
export interface CallOptions {
  /**
   * Codes that the method may end with, as `<resource>/<reason>`; anything else arrives as `internal`. The data of an error
   * travels as it is, or, where the codes have schemas of it, as those say; `null` is for a code without data.
   * @example errors: { 'users/taken': z.object({ field: z.string() }), 'users/gone': null }
   */
  errors?: Errors;
  /** Milliseconds that a call may take at most; the caller's own deadline holds as well. */
  timeout?: number;
}

/** How the callers of a query do without its owner. */
export interface DegradingOptions<I, O> {
  /** What callers in other processes may keep of its answers. */
  keep?: KeepOptions<I, O>;
  /**
   * Declares the answer as one that callers can do without, and returns what stands in for it while the owner is unreachable. Not
   * for `strong` calls. With `keep.each` it is called with one element of the list at a time.
   */
  fallback?: (input: I) => O;
}

/** Options of a method with one argument, an object that the contract names field by field. */
export interface MethodOptions<I extends Schema | undefined, O extends Schema | undefined>
  extends CallOptions, DegradingOptions<InputValue<I>, OutputValue<O>> {
  /** Schema of the one argument; left out for a method without any. */
  input?: I;
  /** Schema of the result; left out for a method without any. */
  output?: O;
}

type InputValue<I> = Parameters<OfInput<NoInfer<I>, undefined>>[0];
type OutputValue<O> = Awaited<ReturnType<OfInput<undefined, NoInfer<O>>>>;

/** Options of a method with positional arguments. */
export interface PositionalOptions<
  A extends readonly Schema[],
  R extends Schema | undefined,
  O extends Schema | undefined,
>
  extends
    CallOptions,
    DegradingOptions<Parameters<OfArguments<NoInfer<A>, NoInfer<R>, undefined>>, OutputValue<O>> {
  /** Schemas of the arguments, in order. Those at the end that allow `undefined` may be left out. */
  args: A;
  /** Schema of each further argument. */
  rest?: R;
  /** Schema of the result; left out for a method without any. */
  output?: O;
}

/** One method of a contract, as it is known at run time. */
export interface Method<F extends AnyMethod = AnyMethod> {
  /** A query has no effect and may be repeated; a command may not, unless it carries an idempotency key. */
  readonly kind: 'query' | 'command';
  /** Its schemas; without any, the method is known by its type alone. */
  readonly input: Schema | undefined;
  readonly args: readonly Schema[] | undefined;
  readonly rest: Schema | undefined;
  readonly output: Schema | undefined;
  /** The codes that it may end with. */
  readonly errors: readonly string[];
  readonly errorData: Readonly<Record<string, Schema | null>>;
  readonly timeout: number | undefined;
  /** What its callers may keep; undefined when nothing. */
  readonly keep?: KeepOptions | undefined;
  /** Returns what stands in for an answer of an unreachable owner. */
  readonly fallback?: ((input: never) => unknown) | undefined;
  /** Exists in the type alone. */
  readonly signature?: F;
}

export type Methods = Readonly<Record<string, Method>>;

/** How one method's values travel as JSON. */
export interface MethodCodecs {
  readonly input: Codec;
  readonly output: Codec;
  readonly errors: ErrorCodec;
}

/** What holds for all methods of a contract. */
export interface ContractOptions {
  /** An `HttpException` of Nest arrives as one, with its status and body. Without it, it arrives as `internal`. */
  httpExceptions?: boolean;
  /**
   * Classes whose instances are made again on arrival, in the arguments and results of methods that are known by their types
   * alone. A class is found by its name; its constructor is not called. With a schema, use `revive()`.
   */
  classes?: readonly Class[];
  /** Checked mode freezes arguments and results, so that a change of a value that others may share throws. */
  frozen?: boolean;
}

/** What other modules may ask of a module: one object, known at run time. */
export interface Contract<M extends Methods = Methods> {
  readonly name: string;
  readonly methods: M;
  readonly options: ContractOptions;
  /** The injection token of the contract's client. */
  readonly token: symbol;
  readonly codecs: Readonly<Record<keyof M, MethodCodecs>>;
}

/** The signature of a contract's method, as its callers see it. */
type SignatureOf<M extends Method> =
  M extends Method<infer F> ? (AnyMethod extends F ? (...args: unknown[]) => Promise<unknown> : F) : never;

/** What a method takes, its first argument; read-only in the form with `input`. */
export type InputOf<C extends Contract, K extends keyof C['methods']> = Parameters<
  SignatureOf<C['methods'][K]>
>[0];

/** What a method gives; read-only in the form with `input`. */
export type OutputOf<C extends Contract, K extends keyof C['methods']> = Awaited<
  ReturnType<SignatureOf<C['methods'][K]>>
>;

/**
 * The TypeScript interface of a contract: what a provider implements and what a caller has injected.
 * @example export type Articles = ClientOf<typeof ArticlesContract>;
 */
export type ClientOf<C extends Contract> = {
  readonly [K in keyof C['methods']]: SignatureOf<C['methods'][K]>;
};

/** Declares a method of one kind, in each of the three forms. */
interface Declare {
  /** With positional arguments: `query({ args: [z.string(), z.int().optional()], output: User.nullable() })`. */
  <
    const A extends readonly Schema[],
    R extends Schema | undefined = undefined,
    O extends Schema | undefined = undefined,
  >(
    options: PositionalOptions<A, R, O>,
  ): Method<OfArguments<A, R, O>>;
  /** With an object as its one argument: `query({ input: z.object({ … }), output: User.nullable() })`. */
  <I extends Schema | undefined = undefined, O extends Schema | undefined = undefined>(
    options: MethodOptions<I, O>,
  ): Method<OfInput<I, O>>;
  /** By its type alone: `query<UsersService['find']>()`. Its values are not validated, and nothing is left out of them. */
  <F extends AnyMethod = () => void>(
    options?: CallOptions & DegradingOptions<Parameters<F>, Awaited<ReturnType<F>>>,
  ): Method<Promised<F>>;
}

/** Declares a method without effect: it may be retried, and checked mode repeats it to prove that. */
export const query: Declare = (options?: object) => method('query', options);

/** Declares a method with an effect. */
export const command: Declare = (options?: object) => method('command', options);

type Declared = CallOptions &
  Partial<Pick<Method, 'input' | 'args' | 'rest' | 'output' | 'keep' | 'fallback'>>;

function method(
  kind: Method['kind'],
  { input, args, rest, output, errors = [], timeout, keep, fallback }: Declared = {},
): Method<never> {
  const [codes, errorData] = isList(errors) ? [errors, {}] : [Object.keys(errors), errors];
  return { kind, input, args, rest, output, errors: codes, errorData, timeout, keep, fallback };
}

function isList(errors: Errors): errors is readonly string[] {
  return Array.isArray(errors);
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
export function contract<const M extends Methods>(
  name: string,
  methods: M,
  options: ContractOptions = {},
): Contract<M> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new ContractError(`contract name '${name}' is not kebab-case`);
  const classes = byName(name, options.classes ?? []);
  const codecs = Object.fromEntries(
    Object.entries(methods).map(([key, declared]) => {
      const path = `${name}.${key}`;
      check(path, declared);
      const place = isPositional(declared) ? 'args' : 'input';
      const codecsOfMethod: MethodCodecs = {
        input: new Codec(`${path} ${place}`, inputOf(path, declared), classes),
        output: new Codec(`${path} output`, outputOf(path, declared), classes),
        errors: new ErrorCodec(path, errorsOf(path, declared), options.httpExceptions ?? false, classes),
      };
      checkKeep(path, declared, codecsOfMethod.output.shape);
      return [key, codecsOfMethod];
    }),
  ) as Record<keyof M, MethodCodecs>;
  return Object.freeze({
    name,
    methods,
    options,
    token: tokenOf(name),
    codecs,
  });
}

/** A class is found by its name in another process, where it is another object. */
function byName(contractName: string, types: readonly Class[]): Map<string, Class> {
  const named = new Map(types.map((type) => [type.name, type]));
  if (named.size < new Set(types).size)
    throw new ContractError(`contract '${contractName}' names two classes that are called the same`);
  return named;
}

/** Nest prints the token where no module provides it. */
const tokenOf = (name: string) => Symbol.for(`contract '${name}', which no SeamModule places`);
const TOKEN = /^contract '(.*)', which no SeamModule places$/;

/** Returns the name of the contract whose injection token this is; undefined for any other token. */
export function contractNameOf(token: unknown): string | undefined {
  return typeof token === 'symbol' ? TOKEN.exec(token.description ?? '')?.[1] : undefined;
}

function check(path: string, { errors, timeout, input, args }: Method): void {
  const bad = errors.find((code) => !/^[a-z-]+\/[a-z-]+$/.test(code));
  if (bad !== undefined) throw new ContractError(`${path}: error code '${bad}' is not <resource>/<reason>`);
  if (timeout !== undefined && !(timeout > 0)) throw new ContractError(`${path}: timeout must be above 0 ms`);
  if (input && args) throw new ContractError(`${path}: has input and args; give one of them`);
}

/** Whether a method takes its arguments one by one, and not as one object. */
export function isPositional(method: Method): boolean {
  return method.args !== undefined || isTypeOnly(method);
}

function isTypeOnly({ input, args, output }: Method): boolean {
  return !input && !args && !output;
}

function inputOf(path: string, method: Method): CompiledSchema {
  const { input, args, rest } = method;
  if (input) return compileSchema(input, `${path} input`);
  if (!args) return isTypeOnly(method) ? ANY_ARGUMENTS : NOTHING;
  return argumentsOf(
    args.map((item, at) => compileSchema(item, `${path} args[${at}]`)),
    rest && compileSchema(rest, `${path} rest`),
  );
}

function outputOf(path: string, method: Method): CompiledSchema {
  if (method.output) return compileSchema(method.output, `${path} output`);
  return isTypeOnly(method) ? ANYTHING : NOTHING;
}

function errorsOf(path: string, { errors, errorData }: Method): Map<string, CompiledSchema> {
  return new Map(
    errors.map((code) => {
      const schema = errorData[code];
      if (schema === null) return [code, NOTHING];
      return [code, schema ? compileSchema(schema, `${path} error '${code}' data`) : ANYTHING];
    }),
  );
}
