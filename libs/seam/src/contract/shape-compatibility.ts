import type { Arguments, Field, Shape } from './shape.js';

/** Where a value of one shape is no value of another. */
export interface Incompatibility {
  /** Path of the field: `.author.bio`, `.tags[]`; empty for the whole. */
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

type Scope = ReadonlyMap<number, Shape>;
type Assumed = ReadonlySet<string>;
type Sides = { from: Scope; to: Scope; assumed: Assumed };

/**
 * Whether every value of `from` is, or may be stripped to, a value of `to`.
 * @returns the first place where that is not so, or `undefined`
 */
export function findIncompatibility(from: Shape, to: Shape): Incompatibility | undefined {
  return compare(from, to, '', { from: new Map(), to: new Map(), assumed: new Set() });
}

function compare(from: Shape, to: Shape, path: string, sides: Sides): Incompatibility | undefined {
  if (from.type === 'arguments' || to.type === 'arguments') return compareArguments(from, to, path, sides);
  // Values of which one side knows the type alone are compared when they arrive.
  if (from.type === 'any' || to.type === 'any') return undefined;
  if (from.type === 'ref' || to.type === 'ref') return compareRefs(from, to, path, sides);
  if (from.type === 'recursive')
    return compare(from.shape, to, path, { ...sides, from: new Map(sides.from).set(from.id, from) });
  if (to.type === 'recursive')
    return compare(from, to.shape, path, { ...sides, to: new Map(sides.to).set(to.id, to) });

  if (from.type === 'union') return firstOf(from.options, (option) => compare(option, to, path, sides));
  if (from.type === 'literal' && from.values.length > 1)
    return firstOf(from.values, (value) => compare({ type: 'literal', values: [value] }, to, path, sides));
  if (to.type === 'union') return compareWithUnion(from, to.options, path, sides);

  const no: Incompatibility = { path, from: nameOf(from), to: nameOf(to) };
  switch (from.type) {
    case 'never':
      return undefined;
    case 'integer':
      return to.type === 'integer' || to.type === 'number' ? undefined : no;
    case 'literal': {
      const [value] = from.values;
      if (to.type === 'literal') return to.values.includes(value!) ? undefined : no;
      if (value === null) return to.type === 'null' ? undefined : no;
      if (to.type === 'integer') return Number.isInteger(value) ? undefined : no;
      return typeof value === to.type ? undefined : no;
    }
    case 'list':
      return to.type === 'list' ? compare(from.item, to.item, `${path}[]`, sides) : no;
    case 'tuple':
      return to.type === 'tuple' ? compareTuples(from, to, path, sides) : no;
    case 'record':
      return to.type === 'record' ? compare(from.value, to.value, `${path}{}`, sides) : no;
    case 'object':
      return to.type === 'object' ? compareFields(from, to, path, sides) : no;
    default:
      return from.type === to.type || (from.type === 'null' && isLiteralNull(to)) ? undefined : no;
  }
}

function isLiteralNull(to: Shape): boolean {
  return to.type === 'literal' && to.values.includes(null);
}

/** A recursive type fits when it does so under the assumption that it does. */
function compareRefs(from: Shape, to: Shape, path: string, sides: Sides): Incompatibility | undefined {
  const mark = `${from.type === 'ref' ? from.id : '-'} ${to.type === 'ref' ? to.id : '-'}`;
  if (sides.assumed.has(mark)) return undefined;
  const open = (shape: Shape, scope: Scope) => (shape.type === 'ref' ? scope.get(shape.id)! : shape);
  const assumed = new Set(sides.assumed).add(mark);
  return compare(open(from, sides.from), open(to, sides.to), path, { ...sides, assumed });
}

function compareWithUnion(
  from: Shape,
  options: Shape[],
  path: string,
  sides: Sides,
): Incompatibility | undefined {
  const incompatibilities = options.map((option) => compare(from, option, path, sides));
  if (incompatibilities.some((found) => found === undefined)) return undefined;
  // When one option alone differs only inside, its difference says more than that no option is compatible.
  const near = incompatibilities.filter((found) => found !== undefined && found.path !== path);
  if (near.length === 1) return near[0];
  return { path, from: nameOf(from), to: options.map(nameOf).join(' or ') };
}

type Tuple = Extract<Shape, { type: 'tuple' }>;
function compareTuples(from: Tuple, to: Tuple, path: string, sides: Sides): Incompatibility | undefined {
  if (from.items.length !== to.items.length || (from.rest && !to.rest))
    return { path, from: nameOf(from), to: nameOf(to) };
  const items = firstOf([...from.items.keys()], (at) =>
    compare(from.items[at]!, to.items[at]!, `${path}[${at}]`, sides),
  );
  return items ?? (from.rest && to.rest ? compare(from.rest, to.rest, `${path}[]`, sides) : undefined);
}

/** No argument is an empty list of them. Any other shape is of a method that takes one object. */
function argumentsOf(shape: Shape): Arguments | undefined {
  if (shape.type === 'nothing') return { type: 'arguments', items: [] };
  return shape.type === 'arguments' ? shape : undefined;
}

function compareArguments(from: Shape, to: Shape, path: string, sides: Sides): Incompatibility | undefined {
  const [given, expected] = [argumentsOf(from), argumentsOf(to)];
  if (!given || !expected) return { path, from: nameOf(from), to: nameOf(to) };
  const at = (list: Arguments, index: number): Field | undefined =>
    list.items[index] ?? (list.rest && { shape: list.rest, optional: true });
  const count = Math.max(given.items.length, expected.items.length, given.rest && expected.rest ? 1 : 0);
  return firstOf([...Array(count).keys()], (index) => {
    const [gives, expects] = [at(given, index), at(expected, index)];
    const place = `${path}[${index}]`;
    if (!expects) return gives!.optional ? undefined : { path: place, from: 'this argument', to: 'none' };
    // Of arguments that are known by their type alone, a caller may give any number.
    const isGiven = gives && (!gives.optional || expects.optional || gives.shape.type === 'any');
    if (isGiven) return compare(gives.shape, expects.shape, place, sides);
    if (expects.optional) return undefined;
    const gift = gives ? `${nameOf(gives.shape)} or nothing` : 'nothing';
    return { path: place, from: gift, to: nameOf(expects.shape) };
  });
}

type ObjectShape = Extract<Shape, { type: 'object' }>;
function compareFields(
  from: ObjectShape,
  to: ObjectShape,
  path: string,
  sides: Sides,
): Incompatibility | undefined {
  return firstOf(Object.entries(to.fields), ([key, field]) => {
    const given = from.fields[key];
    const at = `${path}.${key}`;
    if (given && (!given.optional || field.optional)) return compare(given.shape, field.shape, at, sides);
    if (field.optional) return undefined;
    return {
      path: at,
      from: given ? `${nameOf(given.shape)} or nothing` : 'nothing',
      to: nameOf(field.shape),
    };
  });
}

/** Returns the first incompatibility that is found for one of the items. */
export function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => Incompatibility | undefined,
): Incompatibility | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found) return found;
  }
  return undefined;
}

function nameOf(shape: Shape): string {
  switch (shape.type) {
    case 'literal':
      return shape.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'union':
      return shape.options.map(nameOf).join(' or ');
    case 'list':
      return `list of ${nameOf(shape.item)}`;
    case 'recursive':
      return nameOf(shape.shape);
    case 'arguments':
      return 'positional arguments';
    default:
      return shape.type;
  }
}
