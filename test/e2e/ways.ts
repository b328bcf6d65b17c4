import { UsageError } from '@tearline/process';

/** The modules that have a host of their own; the others share the host `app`. */
export type Way = readonly string[];

/** Returns all 2^n ways, from the monolith to each module alone. */
export function everyWay(modules: readonly string[]): Way[] {
  const ways = Array.from({ length: 2 ** modules.length }, (_, bits) =>
    modules.filter((_module, index) => (bits >> index) & 1),
  );
  return ways.toSorted((one, other) => one.length - other.length);
}

/**
 * Returns the well-known ways (all together, one alone, all alone), and a few of the others that cover every combination
 * of every two modules which the others have.
 */
export function pairwise(modules: readonly string[]): Way[] {
  const isWellKnown = ({ length }: Way) => length <= 1 || length === modules.length;
  const wellKnown = everyWay(modules).filter(isWellKnown);
  const rest = everyWay(modules).filter((way) => !isWellKnown(way));
  const missing = new Set(rest.flatMap((way) => combinations(way, modules)));
  const chosen: Way[] = [];
  while (missing.size > 0) {
    const newOnes = (way: Way) => combinations(way, modules).filter((each) => missing.has(each)).length;
    const best = rest.reduce((one, other) => (newOnes(other) > newOnes(one) ? other : one));
    for (const each of combinations(best, modules)) missing.delete(each);
    chosen.push(best);
  }
  return [...wellKnown, ...chosen];
}

/** Returns, for every two modules, which of them have a host of their own. */
function combinations(way: Way, modules: readonly string[]): string[] {
  return modules.flatMap((one, index) =>
    modules.slice(index + 1).map((other) => `${one} ${way.includes(one)}, ${other} ${way.includes(other)}`),
  );
}

/**
 * Returns the names that `only` lists, by name or by number from 1, or all from `from` on.
 * @throws UsageError for an unknown name
 */
export function chosen(names: readonly string[], only?: string, from?: string): string[] {
  const named = (choice: string) => {
    const name = /^\d+$/.test(choice) ? names[Number(choice) - 1] : names.find((each) => each === choice);
    if (name === undefined)
      throw new UsageError(
        `expected a number from 1 to ${names.length}, or one of ${names.join(', ')}, got '${choice}'`,
      );
    return name;
  };
  if (only !== undefined) return only.split(',').map(named);
  return from === undefined ? [...names] : names.slice(names.indexOf(named(from)));
}
