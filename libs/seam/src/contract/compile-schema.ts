import type { z } from 'zod';
import { ContractError } from '../call/errors.js';
import type { Field, Literal, Shape } from './shape.js';

type Step = (value: unknown) => unknown;

/** How a value of one schema crosses a process boundary. */
export interface Wire {
  readonly encode: Step;
  readonly decode: Step;
}

/** What a schema says of its values. */
export interface CompiledSchema {
  readonly shape: Shape;
  /** Absent where JSON carries every value unchanged. */
  readonly wire?: Wire | undefined;
}

type AnySchema = z.core.$ZodType;
type Definition = z.core.$ZodTypes['_zod']['def'];
/** `undefined` survives JSON as a missing property or as the whole value, nowhere else. */
type Position = 'whole' | 'property' | 'item';
/** The schemas around the one at hand, with the number under which each may be met again. */
type Open = Map<AnySchema, { id: number; isMet: boolean }>;

const DATE: Wire = {
  encode: (value) => (value as Date).getTime(),
  decode: (value) => new Date(value as number),
};
const BIGINT: Wire = {
  encode: (value) => (value as bigint).toString(),
  decode: (value) => BigInt(value as string),
};
const BINARY: Wire = {
  encode: (value) => Buffer.from(value as Uint8Array).toString('base64'),
  decode: (value) => new Uint8Array(Buffer.from(value as string, 'base64')),
};

/**
 * Compiles a schema, once, when its contract is declared.
 * @param schema zod schema of one method's input or output
 * @param path where it stands, e.g. `articles.bySlug input`; named in errors
 * @throws ContractError for what would arrive differently than it left: transforms, defaults, coercion, maps, …
 */
export function compileSchema(schema: AnySchema, path: string): CompiledSchema {
  return compile(schema, path, 'whole', new Map());
}

function compile(schema: AnySchema, path: string, position: Position, open: Open): CompiledSchema {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  refuseChanges(def, path);
  switch (def.type) {
    case 'string':
    case 'boolean':
    case 'null':
    case 'never':
      return { shape: { type: def.type } };
    case 'template_literal':
      return { shape: { type: 'string' } };
    case 'number':
      return { shape: { type: isInteger(def) ? 'integer' : 'number' } };
    case 'date':
      return { shape: { type: 'date' }, wire: DATE };
    case 'bigint':
      return { shape: { type: 'bigint' }, wire: BIGINT };
    case 'custom':
      if (schema._zod.bag['Class'] === Uint8Array) return { shape: { type: 'bytes' }, wire: BINARY };
      return refuse(path, 'a custom type; only z.instanceof(Uint8Array) is known to the wire');
    case 'enum':
      return { shape: { type: 'literal', values: Object.values(def.entries) } };
    case 'literal':
      if (def.values.every(isLiteral)) return { shape: { type: 'literal', values: def.values } };
      return refuse(path, 'a literal that JSON does not have');
    case 'void':
    case 'undefined':
      if (position === 'whole') return { shape: { type: 'nothing' } };
      return refuse(path, 'undefined, which JSON drops here; use null');
    case 'optional':
      if (position === 'item')
        return refuse(path, 'an optional item, which JSON turns into null; use nullable');
      return orAbsent('nothing', compile(def.innerType, path, position, open));
    case 'nullable':
      return orAbsent('null', compile(def.innerType, path, position, open));
    case 'readonly':
    case 'nonoptional':
      return compile(def.innerType, path, position, open);
    case 'array': {
      const { shape, wire } = compile(def.element, `${path}[]`, 'item', open);
      const inEach = (step: Step) => (value: unknown) => (value as unknown[]).map((item) => step(item));
      return { shape: { type: 'list', item: shape }, wire: around(wire, inEach) };
    }
    case 'record': {
      refuseChanges((def.keyType as z.core.$ZodTypes)._zod.def, `${path} key`);
      const { shape, wire } = compile(def.valueType, `${path}{}`, 'item', open);
      const inEach = (step: Step) => (value: unknown) =>
        Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, step(item)]));
      return { shape: { type: 'record', value: shape }, wire: around(wire, inEach) };
    }
    case 'tuple':
      return compileTuple(def, path, open);
    case 'object':
      return recursive(schema, path, open, () => compileObject(def, path, open));
    case 'union':
      return compileUnion(def, path, open);
    case 'lazy':
      return recursive(schema, path, open, () => compile(def.getter(), path, position, open));
    default:
      return refuse(path, `z.${def.type}()`);
  }
}

function refuse(path: string, what: string): never {
  throw new ContractError(`${path}: a contract cannot carry ${what}`);
}

/** What one placement would change (a trimmed string, a filled-in default), no placement may carry. */
function refuseChanges(def: Definition, path: string): void {
  if ('coerce' in def && def.coerce) refuse(path, 'coercion');
  if ('normalize' in def && def.normalize) refuse(path, 'a normalising format');
  if (def.checks?.some((check) => check._zod.def.check === 'overwrite')) refuse(path, 'a transform');
}

function isInteger({ format, checks = [] }: z.core.$ZodNumberDef & { format?: string }): boolean {
  const formats = [format, ...checks.map(({ _zod }) => (_zod.def as { format?: string }).format)];
  return formats.some((one) => one !== undefined && /int/.test(one));
}

function isLiteral(value: unknown): value is Literal {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function around(inner: Wire | undefined, wrap: (step: Step) => Step): Wire | undefined {
  return inner && { encode: wrap(inner.encode), decode: wrap(inner.decode) };
}

function inBothDirections(stepOf: (direction: keyof Wire) => Step): Wire {
  return { encode: stepOf('encode'), decode: stepOf('decode') };
}

function orAbsent(type: 'nothing' | 'null', { shape, wire }: CompiledSchema): CompiledSchema {
  const absent = type === 'null' ? null : undefined;
  const unlessAbsent = (step: Step) => (value: unknown) => (value === absent ? value : step(value));
  return { shape: { type: 'union', options: [{ type }, shape] }, wire: around(wire, unlessAbsent) };
}

function compileTuple(def: z.core.$ZodTupleDef, path: string, open: Open): CompiledSchema {
  const items = def.items.map((item, index) => compile(item, `${path}[${index}]`, 'item', open));
  const rest = def.rest ? compile(def.rest, `${path}[]`, 'item', open) : undefined;
  const shape: Shape = {
    type: 'tuple',
    items: items.map((item) => item.shape),
    ...(rest && { rest: rest.shape }),
  };
  if (![...items, rest].some((part) => part?.wire)) return { shape };
  const wireAt = (index: number) => (index < items.length ? items[index] : rest)?.wire;
  const wire = inBothDirections(
    (direction) => (value) =>
      (value as unknown[]).map((item, index) => wireAt(index)?.[direction](item) ?? item),
  );
  return { shape, wire };
}

function compileObject(def: z.core.$ZodObjectDef, path: string, open: Open): CompiledSchema {
  const catchall = def.catchall?._zod.def.type;
  if (catchall === 'never')
    refuse(path, "a strict object, which would refuse a newer peer's field; use z.object()");
  if (catchall) refuse(path, 'a loose object; name every field');
  const fields: Record<string, Field> = {};
  const wires: { key: string; wire: Wire }[] = [];
  for (const [key, field] of Object.entries(def.shape)) {
    const { def, optout } = (field as z.core.$ZodTypes)._zod;
    refuseChanges(def, `${path}.${key}`);
    const required = def.type === 'optional' ? def.innerType : field;
    const { shape, wire } = compile(required, `${path}.${key}`, 'property', open);
    fields[key] = { shape, ...(optout === 'optional' && { optional: true }) };
    if (wire) wires.push({ key, wire });
  }
  const shape: Shape = { type: 'object', fields };
  if (wires.length === 0) return { shape };
  const wire = inBothDirections((direction) => (value) => {
    const copy: Record<string, unknown> = { ...(value as object) };
    for (const { key, wire } of wires) if (copy[key] !== undefined) copy[key] = wire[direction](copy[key]);
    return copy;
  });
  return { shape, wire };
}

function compileUnion(def: z.core.$ZodUnionDef, path: string, open: Open): CompiledSchema {
  const options = def.options.map((option, index) => compile(option, `${path}|${index}`, 'item', open));
  const shape: Shape = { type: 'union', options: options.map((option) => option.shape) };
  if (!options.some((option) => option.wire)) return { shape };
  const key = 'discriminator' in def ? (def.discriminator as string) : undefined;
  if (key === undefined)
    return refuse(path, 'a union with dates, bigints or bytes in it but no discriminator');
  const wireOfKind = new Map<unknown, Wire | undefined>();
  for (const [index, option] of def.options.entries())
    for (const kind of option._zod.propValues?.[key] ?? []) wireOfKind.set(kind, options[index]!.wire);
  const wire = inBothDirections(
    (direction) => (value) =>
      wireOfKind.get((value as Record<string, unknown>)[key])?.[direction](value) ?? value,
  );
  return { shape, wire };
}

/** Recursion is allowed where JSON alone carries it, so that a wire form never needs itself. */
function recursive(schema: AnySchema, path: string, open: Open, inner: () => CompiledSchema): CompiledSchema {
  const outer = open.get(schema);
  if (outer) {
    outer.isMet = true;
    return { shape: { type: 'ref', id: outer.id } };
  }
  const state = { id: open.size, isMet: false };
  open.set(schema, state);
  const compiled = inner();
  open.delete(schema);
  if (!state.isMet) return compiled;
  if (compiled.wire) refuse(path, 'a recursive type with dates, bigints or bytes in it');
  return { shape: { type: 'recursive', id: state.id, shape: compiled.shape } };
}
