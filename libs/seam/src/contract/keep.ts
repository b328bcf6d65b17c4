import { ContractError } from '../call/errors.js';
import type { Shape } from './shape.js';

/** Names of the fields of an input that are lists. */
type ListField<I> = { [K in keyof I]-?: I[K] extends readonly unknown[] ? K : never }[keyof I] & string;

/** Names of the fields of the items of a list. */
type ItemField<O> = O extends readonly (infer Item)[] ? keyof Item & string : never;

/**
 * What callers in other processes may keep of a query's answers. A local call is never answered from a cached answer, and so is none
 * that is `strong`.
 */
export interface KeepOptions<I = never, O = never> {
  /** Milliseconds for which an answer is kept. An answer whose invalidation was lost reaches this age at most. */
  for: number;
  /** Milliseconds for which it is kept that there is none: `null`, or an element without items; at most 2,000 by default. */
  absentFor?: number;
  /**
   * Milliseconds after `for` in which an answer may still serve while the owner is unreachable, does not answer in time, or its
   * circuit breaker is open; 0 by default.
   */
  staleIfError?: number;
  /**
   * Keeps the answer to a list element by element, so that inputs with common elements share them. The output is a list in no
   * particular order, and its items belong to one element each. With elements of an input that are kept the owner is asked for the
   * others alone.
   */
  each?: {
    /** The field of the input with the list. */
    of: ListField<I>;
    /** The field of an item of the output with the element that it belongs to; without it, the item is the element. */
    by?: ItemField<O>;
  };
  /**
   * Returns the tags that invalidate an answer, each as `<contract>:<name>`. Called before the owner is asked, without an output,
   * and with its output. With `each`, input and output are those of one element.
   */
  tags?: (input: I, output?: O) => readonly string[];
}

/** Returns how long it is kept that there is no answer. */
export const absentForOf = ({ absentFor, for: keptFor }: KeepOptions) =>
  absentFor ?? Math.min(keptFor, DEFAULT_ABSENT_FOR_MS);

const DEFAULT_ABSENT_FOR_MS = 2_000;

/** What of a method is checked. */
interface Keeping {
  readonly kind: 'query' | 'command';
  readonly keep?: KeepOptions | undefined;
  readonly fallback?: unknown;
}

/** @throws ContractError for options that cannot be kept to */
export function checkKeep(path: string, { kind, keep, fallback }: Keeping, output: Shape): void {
  if (fallback && kind === 'command')
    throw new ContractError(`${path}: a command has no fallback, because it has an effect`);
  if (!keep) return;
  if (kind === 'command')
    throw new ContractError(
      `${path}: the answer to a command is not kept; declare a query, or leave out keep`,
    );
  for (const [name, value] of Object.entries({ ...keep, each: undefined, tags: undefined }))
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw new ContractError(`${path}: keep.${name}: expected milliseconds, got ${String(value)}`);
  if (keep.each && output.type !== 'list')
    throw new ContractError(`${path}: keep.each needs an output that is a list, got ${output.type}`);
  if (mayBeNothing(output))
    throw new ContractError(`${path}: an output that may be undefined is not kept; use nullable()`);
}

const mayBeNothing = (shape: Shape): boolean =>
  shape.type === 'nothing' || (shape.type === 'union' && shape.options.some(mayBeNothing));
