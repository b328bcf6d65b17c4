import type { z } from 'zod';
import { ContractError } from '../call/errors.js';

/** How a value of one schema crosses a process boundary; absent where JSON carries it unchanged. */
export interface Wire {
  readonly encode: (value: unknown) => unknown;
  readonly decode: (value: unknown) => unknown;
}

type AnySchema = z.core.$ZodType;
/** `undefined` survives JSON as a missing property or as the whole value, nowhere else. */
type Position = 'whole' | 'property' | 'item';
/** The schemas around the one at hand, and whether one of them has been met again inside itself. */
type Open = Map<AnySchema, { recursive: boolean }>;

const JSON_AS_IT_IS = new Set(['string', 'number', 'boolean', 'null', 'enum', 'template_literal', 'never']);

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
 * Compiles the wire form of a schema, once, when its contract is declared.
 * @param schema zod schema of one method's input or output
 * @param path where it stands, e.g. `articles.bySlug input`; named in errors
 * @returns the wire form, or `undefined` when JSON carries every value of the schema unchanged
 * @throws ContractError for what would arrive differently than it left: transforms, defaults, coercion, maps, …
 */
export function wireOf(schema: AnySchema, path: string): Wire | undefined {
  return compile(schema, path, 'whole', new Map());
}

function compile(schema: AnySchema, path: string, position: Position, open: Open): Wire | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  refuseChanges(def, path);
  if (JSON_AS_IT_IS.has(def.type)) return undefined;
  switch (def.type) {
    case 'date':
      return DATE;
    case 'bigint':
      return BIGINT;
    case 'custom':
      if (schema._zod.bag['Class'] === Uint8Array) return BINARY;
      return refuse(path, 'a custom type; only z.instanceof(Uint8Array) is known to the wire');
    case 'literal':
      if (
        def.values.every((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value))
      )
        return undefined;
      return refuse(path, 'a literal that JSON does not have');
    case 'void':
    case 'undefined':
      return position === 'whole' ? undefined : refuse(path, 'undefined, which JSON drops here; use null');
    case 'optional':
      if (position === 'item')
        return refuse(path, 'an optional item, which JSON turns into null; use nullable');
      return unless(undefined, compile(def.innerType, path, position, open));
    case 'nullable':
      return unless(null, compile(def.innerType, path, position, open));
    case 'readonly':
    case 'nonoptional':
      return compile(def.innerType, path, position, open);
    case 'array':
      return each(compile(def.element, `${path}[]`, 'item', open));
    case 'tuple':
      return tuple(def, path, open);
    case 'record':
      refuseChanges((def.keyType as z.core.$ZodTypes)._zod.def, `${path} key`);
      return values(compile(def.valueType, `${path}{}`, 'item', open));
    case 'object':
      return recursive(schema, path, open, () => object(def, path, open));
    case 'union':
      return union(def, path, open);
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
function refuseChanges(def: z.core.$ZodTypes['_zod']['def'], path: string): void {
  if ('coerce' in def && def.coerce) refuse(path, 'coercion');
  if ('normalize' in def && def.normalize) refuse(path, 'a normalising format');
  if (def.checks?.some((check) => check._zod.def.check === 'overwrite')) refuse(path, 'a transform');
}

function unless(absent: null | undefined, wire: Wire | undefined): Wire | undefined {
  return (
    wire && {
      encode: (value) => (value === absent ? value : wire.encode(value)),
      decode: (value) => (value === absent ? value : wire.decode(value)),
    }
  );
}

function each(wire: Wire | undefined): Wire | undefined {
  return (
    wire && {
      encode: (value) => (value as unknown[]).map((item) => wire.encode(item)),
      decode: (value) => (value as unknown[]).map((item) => wire.decode(item)),
    }
  );
}

function values(wire: Wire | undefined): Wire | undefined {
  if (!wire) return undefined;
  const over = (step: (value: unknown) => unknown) => (value: unknown) =>
    Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, step(item)]));
  return { encode: over(wire.encode), decode: over(wire.decode) };
}

function tuple(def: z.core.$ZodTupleDef, path: string, open: Open): Wire | undefined {
  const items = def.items.map((item, index) => compile(item, `${path}[${index}]`, 'item', open));
  const rest = def.rest ? compile(def.rest, `${path}[]`, 'item', open) : undefined;
  if (!rest && items.every((item) => !item)) return undefined;
  const over = (step: keyof Wire) => (value: unknown) =>
    (value as unknown[]).map(
      (item, index) => (index < items.length ? items[index] : rest)?.[step](item) ?? item,
    );
  return { encode: over('encode'), decode: over('decode') };
}

function object(def: z.core.$ZodObjectDef, path: string, open: Open): Wire | undefined {
  const catchall = def.catchall?._zod.def.type;
  if (catchall === 'never')
    refuse(path, "a strict object, which would refuse a newer peer's field; use z.object()");
  if (catchall) refuse(path, 'a loose object; name every field');
  const fields = Object.entries(def.shape).flatMap(([key, field]) => {
    const wire = compile(field, `${path}.${key}`, 'property', open);
    return wire ? [{ key, wire }] : [];
  });
  if (fields.length === 0) return undefined;
  const over = (step: keyof Wire) => (value: unknown) => {
    const copy: Record<string, unknown> = { ...(value as object) };
    for (const { key, wire } of fields) if (copy[key] !== undefined) copy[key] = wire[step](copy[key]);
    return copy;
  };
  return { encode: over('encode'), decode: over('decode') };
}

function union(def: z.core.$ZodUnionDef, path: string, open: Open): Wire | undefined {
  const options = def.options.map((option, index) => ({
    option,
    wire: compile(option, `${path}|${index}`, 'item', open),
  }));
  if (options.every(({ wire }) => !wire)) return undefined;
  const key = 'discriminator' in def ? (def.discriminator as string) : undefined;
  if (key === undefined)
    return refuse(path, 'a union with dates, bigints or bytes in it but no discriminator');
  const wireOfKind = new Map<unknown, Wire | undefined>();
  for (const { option, wire } of options)
    for (const kind of option._zod.propValues?.[key] ?? []) wireOfKind.set(kind, wire);
  const over = (step: keyof Wire) => (value: unknown) =>
    wireOfKind.get((value as Record<string, unknown>)[key])?.[step](value) ?? value;
  return { encode: over('encode'), decode: over('decode') };
}

/** Recursion is allowed where JSON alone carries it, so that a wire form never needs itself. */
function recursive(
  schema: AnySchema,
  path: string,
  open: Open,
  inner: () => Wire | undefined,
): Wire | undefined {
  const around = open.get(schema);
  if (around) {
    around.recursive = true;
    return undefined;
  }
  const state = { recursive: false };
  open.set(schema, state);
  const wire = inner();
  open.delete(schema);
  if (state.recursive && wire) refuse(path, 'a recursive type with dates, bigints or bytes in it');
  return wire;
}
