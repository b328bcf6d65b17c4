import type { z } from 'zod';
import { ContractError } from '../call/errors.js';
import { isRevived } from './revive.js';
import type { Field, Literal, Shape } from './shape.js';

type AnySchema = z.core.$ZodType;
type Definition = z.core.$ZodTypes['_zod']['def'];
/** `undefined` survives as a missing property or as the whole value. */
type Position = 'whole' | 'property' | 'item';
/** The schemas around the one at hand, with the number under which each may be met again. */
type Open = Map<AnySchema, { id: number; isMet: boolean }>;

/**
 * Returns the structure of a zod schema, once, when its contract is declared.
 * @param schema zod schema of one input, argument or output
 * @param path where it stands, e.g. `articles.bySlug input`; named in errors
 * @throws ContractError for what would arrive differently than it left: transforms, defaults, coercion, maps, …
 */
export function shapeOf(schema: AnySchema, path: string): Shape {
  return read(schema, path, 'whole', new Map());
}

function read(schema: AnySchema, path: string, position: Position, open: Open): Shape {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  refuseChanges(def, path);
  switch (def.type) {
    case 'string':
    case 'boolean':
    case 'null':
    case 'never':
      return { type: def.type };
    case 'template_literal':
      return { type: 'string' };
    case 'number':
      return { type: isInteger(def) ? 'integer' : 'number' };
    case 'date':
      return { type: 'Date' };
    case 'bigint':
      return { type: 'BigInt' };
    case 'custom':
      if (schema._zod.bag['Class'] === Uint8Array) return { type: 'Uint8Array' };
      return refuse(path, 'a custom type; only z.instanceof(Uint8Array) is known to the wire');
    case 'enum':
      return { type: 'literal', values: Object.values(def.entries) };
    case 'literal':
      if (def.values.every(isLiteral)) return { type: 'literal', values: def.values };
      return refuse(path, 'a literal that JSON does not have');
    case 'void':
    case 'undefined':
      if (position === 'whole') return { type: 'nothing' };
      return refuse(path, 'undefined, which JSON drops here; use null');
    case 'optional':
      if (position === 'item')
        return refuse(path, 'an optional item, which JSON turns into null; use nullable');
      return { type: 'union', options: [{ type: 'nothing' }, read(def.innerType, path, position, open)] };
    case 'nullable':
      return { type: 'union', options: [{ type: 'null' }, read(def.innerType, path, position, open)] };
    case 'readonly':
    case 'nonoptional':
      return read(def.innerType, path, position, open);
    case 'pipe':
      if (isRevived(schema)) return read(def.in, path, position, open);
      return refuse(path, 'a transform');
    case 'array':
      return { type: 'list', item: read(def.element, `${path}[]`, 'item', open) };
    case 'record':
      refuseChanges((def.keyType as z.core.$ZodTypes)._zod.def, `${path} key`);
      return { type: 'record', value: read(def.valueType, `${path}{}`, 'item', open) };
    case 'tuple': {
      const items = def.items.map((item, index) => read(item, `${path}[${index}]`, 'item', open));
      return {
        type: 'tuple',
        items,
        ...(def.rest && { rest: read(def.rest, `${path}[]`, 'item', open) }),
      };
    }
    case 'object':
      return recursive(schema, open, () => readObject(def, path, open));
    case 'union':
      return {
        type: 'union',
        options: def.options.map((option, index) => read(option, `${path}|${index}`, 'item', open)),
      };
    case 'lazy':
      return recursive(schema, open, () => read(def.getter(), path, position, open));
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

function readObject(def: z.core.$ZodObjectDef, path: string, open: Open): Shape {
  const catchall = def.catchall?._zod.def.type;
  if (catchall === 'never')
    refuse(path, "a strict object, which would refuse a newer peer's field; use z.object()");
  if (catchall) refuse(path, 'a loose object; name every field');
  const fields: Record<string, Field> = {};
  for (const [key, field] of Object.entries(def.shape)) {
    const { def, optout } = (field as z.core.$ZodTypes)._zod;
    refuseChanges(def, `${path}.${key}`);
    const required = def.type === 'optional' ? def.innerType : field;
    const shape = read(required, `${path}.${key}`, 'property', open);
    fields[key] = { shape, ...(optout === 'optional' && { optional: true }) };
  }
  return { type: 'object', fields };
}

function recursive(schema: AnySchema, open: Open, inner: () => Shape): Shape {
  const outer = open.get(schema);
  if (outer) {
    outer.isMet = true;
    return { type: 'ref', id: outer.id };
  }
  const state = { id: open.size, isMet: false };
  open.set(schema, state);
  const shape = inner();
  open.delete(schema);
  return state.isMet ? { type: 'recursive', id: state.id, shape } : shape;
}
