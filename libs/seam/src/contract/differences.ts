import { types } from 'node:util';
import type { Codec } from './codec.js';
import { InvalidValue, type Issue, pathOf } from './schema.js';
import { isExcluded, propertiesWithRules } from './serialization-rules.js';
import { schemaSource, wanted } from './schema-source.js';
import type { Shape } from './shape.js';
import { type Classes, isOpaque, isPlain, kindOf, MAX_DEPTH } from './wire-value.js';

type Path = readonly PropertyKey[];
/** A place, and what is different there. */
type Difference = readonly [path: Path, text: string];
type Fields = Readonly<Record<string, unknown>>;

/** What a value becomes on the wire. */
export interface Arrival {
  /** The value that arrives; only where there is no difference. */
  readonly value?: unknown;
  /**
   * All differences between the value and its contract, or between it and what arrives of it: each a sentence with the path,
   * what is expected, what was found and, where there is one, the schema that would allow it. No value is shown.
   */
  readonly differences: readonly string[];
}

/** Sends a value over a wire that is not there. */
export function travel(codec: Codec, value: unknown): Arrival {
  let named: unknown;
  try {
    named = codec.schema.parse(value);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const invalid = error.issues.map((issue): Difference => [issue.path, mismatch(issue, value)]);
    return { differences: sentences(codec, [...invalid, ...unnamed(value, codec.shape, [], new Map())]) };
  }
  const found = [
    ...changes(value, named, []).map(notNamed),
    ...lostOnTheWay(value, named, codec.classes, []),
  ];
  if (found.length > 0) return { differences: sentences(codec, found) };
  const json = codec.encode(value);
  const arrived = codec.decode(json === undefined ? undefined : JSON.parse(json));
  const changed = changes(named, arrived, []).map(([path]): Difference => [
    path,
    'arrives differently from how it left',
  ]);
  return { value: arrived, differences: sentences(codec, changed) };
}

/** One sentence for each place. */
function sentences({ path: place }: Codec, found: readonly Difference[]): string[] {
  const texts = new Map<string, string>();
  for (const [path, text] of found) {
    const at = pathOf(path);
    if (!texts.has(at)) texts.set(at, text);
  }
  return [...texts].map(([path, text]) => `${place}${path}: ${text}`);
}

function mismatch({ path, message, expected }: Issue, value: unknown): string {
  if (expected === undefined) return message;
  const actual = path.reduce<unknown>((outer, key) => (outer as Record<PropertyKey, unknown>)?.[key], value);
  return `expected ${expected}, got ${kindOf(actual)} → ${wanted(expected, actual)}`;
}

function notNamed([path, value]: readonly [Path, unknown]): Difference {
  const key = path.at(-1);
  const field = typeof key === 'string' ? `${key}: ` : '';
  return [
    path,
    `the contract does not name this, ${kindOf(value)}: leave it out, or add ${field}${schemaSource(value)}`,
  ];
}

/** Fields that a shape does not name, in a value that does not fit it. */
function unnamed(value: unknown, shape: Shape, path: Path, open: ReadonlyMap<number, Shape>): Difference[] {
  switch (shape.type) {
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((item, at) => unnamed(item, shape.item, [...path, at], open))
        : [];
    case 'arguments':
      return (value as unknown[]).flatMap((item, at) => {
        const inner = shape.items[at]?.shape ?? shape.rest;
        return inner ? unnamed(item, inner, [...path, at], open) : [notNamed([[...path, at], item])];
      });
    case 'object':
      if (!hasFields(value)) return [];
      return Object.entries(value).flatMap(([key, item]) => {
        if (item === undefined) return [];
        const field = shape.fields[key];
        return field ? unnamed(item, field.shape, [...path, key], open) : [notNamed([[...path, key], item])];
      });
    case 'union': {
      // What one of the options names may be right.
      const each = shape.options
        .filter(({ type }) => type !== 'null' && type !== 'nothing')
        .map((option) => unnamed(value, option, path, open));
      return each.toSorted((one, other) => one.length - other.length)[0] ?? [];
    }
    case 'recursive':
      return unnamed(value, shape.shape, path, new Map(open).set(shape.id, shape));
    case 'ref':
      return unnamed(value, open.get(shape.id)!, path, open);
    default:
      return [];
  }
}

/**
 * Returns where two values differ, as values that a contract can carry, with what the first has there. A property that is
 * undefined equals a missing one, dates and bytes compare by content. What a class keeps out of its serialized form is no
 * difference.
 */
export function changes(
  left: unknown,
  right: unknown,
  path: Path,
  found: (readonly [Path, unknown])[] = [],
): readonly (readonly [Path, unknown])[] {
  if (isSame(left, right)) return found;
  if (!hasFields(left) || !hasFields(right) || Array.isArray(left) !== Array.isArray(right)) {
    found.push([path, left]);
    return found;
  }
  for (const key of keysOfBoth(left, right))
    if (!isSame(left[key], right[key]) && (key in right || !excludes(left, key)))
      changes(left[key], right[key], [...path, Array.isArray(left) ? Number(key) : key], found);
  return found;
}

function keysOfBoth(left: Fields, right: Fields): readonly string[] {
  const keys = Object.keys(left);
  const more = Object.keys(right).filter((key) => !Object.hasOwn(left, key));
  return more.length === 0 ? keys : [...keys, ...more];
}

function excludes(value: Fields, key: string): boolean {
  return !isPlain(value) && isExcluded(value.constructor, key);
}

/** What the wire loses of a value, of which the contract has named a part, or all where it knows the type alone. */
function lostOnTheWay(value: unknown, named: unknown, classes: Classes, path: Path): Difference[] {
  if (path.length > MAX_DEPTH) return [[path.slice(0, 3), 'is circular, or nested too deep']];
  if (typeof value === 'function' || typeof value === 'symbol')
    return [[path, `a contract cannot carry ${kindOf(value)}`]];
  if (!hasFields(value) || !hasFields(named)) return [];
  if (isOpaque(value)) return [[path, `a contract cannot carry ${kindOf(value)}`]];
  const lost = Array.isArray(value) || isPlain(value) ? undefined : lostClass(value, named, classes);
  const inner = Object.keys(named).flatMap((key) => {
    const item = value[key];
    if (typeof item !== 'object' && typeof item !== 'function' && typeof item !== 'symbol') return [];
    return lostOnTheWay(item, named[key], classes, [...path, Array.isArray(value) ? Number(key) : key]);
  });
  return lost === undefined ? inner : [[path, lost], ...inner];
}

function lostClass(instance: Fields, named: Fields, classes: Classes): string | undefined {
  const type = instance.constructor;
  const { name } = type;
  if (classes.get(name) === type) return undefined;
  const isTypeOnly = named === instance;
  if (!isTypeOnly && !isPlain(named)) return undefined;
  const rules = propertiesWithRules(type, Object.keys(named));
  if (rules.length === 0 && !isTypeOnly) return undefined;
  const without = rules.length > 0 ? `, without its rules of serialization for ${rules.join(', ')}` : '';
  return `an instance of ${name} arrives as a plain object${without} → ${isTypeOnly ? `classes: [${name}]` : `revive(${name}, …)`}`;
}

function isSame(left: unknown, right: unknown): boolean {
  if (types.isDate(left) && types.isDate(right)) return Object.is(left.getTime(), right.getTime());
  if (types.isUint8Array(left) && types.isUint8Array(right)) return Buffer.compare(left, right) === 0;
  return left === right || Object.is(left, right);
}

function hasFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !types.isDate(value) && !types.isUint8Array(value);
}
