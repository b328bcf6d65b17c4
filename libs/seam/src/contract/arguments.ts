import { ANYTHING, type CompiledSchema, type Issue, InvalidValue } from './schema.js';
import type { Arguments, Field, Shape } from './shape.js';

/** Returns the schema of a list of arguments. Trailing ones that are undefined do not travel. */
export function argumentsOf(
  items: readonly CompiledSchema[],
  rest: CompiledSchema | undefined,
): CompiledSchema {
  const shape: Arguments = {
    type: 'arguments',
    items: items.map((item) => fieldOf(item.shape)),
    ...(rest && { rest: rest.shape }),
  };
  return {
    shape,
    parse(value = []) {
      if (!Array.isArray(value)) throw new InvalidValue([{ path: [], message: 'is no list of arguments' }]);
      const named: unknown[] = [];
      let issues: Issue[] | undefined;
      const count = rest ? Math.max(items.length, value.length) : items.length;
      for (let at = 0; at < count; at++)
        try {
          named.push((items[at] ?? rest!).parse(value[at]));
        } catch (error) {
          if (!(error instanceof InvalidValue)) throw error;
          (issues ??= []).push(...error.issues.map((issue) => ({ ...issue, path: [at, ...issue.path] })));
        }
      if (issues) throw new InvalidValue(issues);
      while (named.length > 0 && named.at(-1) === undefined) named.pop();
      return named;
    },
  };
}

/** Arguments of which the contract knows the types alone. */
export const ANY_ARGUMENTS = argumentsOf([], ANYTHING);

function fieldOf(shape: Shape): Field {
  const isOptional =
    shape.type === 'any' ||
    (shape.type === 'union' && shape.options.some(({ type }) => type === 'nothing' || type === 'any'));
  return { shape, ...(isOptional && { optional: true }) };
}
