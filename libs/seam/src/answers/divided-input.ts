import type { PlacedMethod } from '../call/placed-method.js';
import type { KeepOptions } from '../contract/keep.js';
import type { AnswerPart } from './answer-cache.js';

/** A part of a call with its input. */
export interface InputPart extends AnswerPart {
  readonly input: unknown;
  /** The element of the list, for a query that is kept element by element. */
  readonly element?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Divides the inputs of a query into the parts whose answers are kept, and their answers alike. */
export class DividedInput {
  readonly #each: { readonly of: string; readonly by?: string | undefined } | undefined;

  constructor(
    private readonly remote: PlacedMethod,
    private readonly tagsOf: KeepOptions['tags'],
  ) {
    this.#each = remote.method.keep?.each;
  }

  /** @throws InvalidValue for an input that the schema does not allow */
  partsOf(input: unknown): InputPart[] {
    const named = parsed(this.remote.input.encode(input));
    if (!this.#each) return [this.#part(input, JSON.stringify(named) ?? '')];
    const { of } = this.#each;
    const { [of]: list, ...rest } = named as Fields;
    const group = JSON.stringify(rest);
    const given = (input as Readonly<Record<string, readonly unknown[]>>)[of]!;
    const parts = (list as readonly unknown[]).map((json, at): [string, InputPart] => {
      const element = given[at];
      const key = `${JSON.stringify(json)} ${group}`;
      return [key, { ...this.#part({ ...(input as Fields), [of]: [element] }, key), element }];
    });
    return [...new Map(parts).values()];
  }

  /** Returns the input that asks for some parts of a call. */
  inputOf(parts: readonly InputPart[]): unknown {
    const [first] = parts;
    if (!this.#each) return first!.input;
    return { ...(first!.input as Fields), [this.#each.of]: parts.map(({ element }) => element) };
  }

  /** Divides the owner's output into the answers to the parts; undefined where there is none. */
  outputsOf(parts: readonly InputPart[], output: unknown): unknown[] {
    if (!this.#each) return [output === null ? undefined : output];
    const { by } = this.#each;
    const items = Map.groupBy(output as readonly unknown[], (item) =>
      by === undefined ? item : (item as Fields)[by],
    );
    return parts.map(({ element }) => items.get(element));
  }

  /** Joins the answers to the parts. */
  join(outputs: readonly unknown[]): unknown {
    if (!this.#each) return outputs[0] ?? null;
    return outputs.flatMap((output) => (output as readonly unknown[] | null) ?? []);
  }

  tags(input: unknown, output?: unknown): readonly string[] {
    return this.tagsOf?.(input as never, output as never) ?? [];
  }

  #part(input: unknown, key: string): InputPart {
    return { key, input, tags: this.tags(input) };
  }
}

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
