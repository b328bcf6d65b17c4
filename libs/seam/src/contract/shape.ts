import type { z } from 'zod';
import { ContractError } from '../call/errors.js';

/** The structure of a schema as JSON, so that two processes can compare theirs. Limits and formats are not in it. */
export type Shape =
  | { type: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'date' | 'bigint' | 'bytes' }
  | { type: 'nothing' | 'never' }
  | { type: 'literal'; values: Literal[] }
  | { type: 'list'; item: Shape }
  | { type: 'tuple'; items: Shape[]; rest?: Shape }
  | { type: 'record'; value: Shape }
  | { type: 'object'; fields: Record<string, Field> }
  | { type: 'union'; options: Shape[] }
  | { type: 'recursive'; id: number; shape: Shape }
  | { type: 'ref'; id: number };

export type Literal = string | number | boolean | null;

/** A field of an object; an optional one may be missing. */
export interface Field {
  shape: Shape;
  optional?: true;
}

type AnySchema = z.core.$ZodType;
/** The schemas around the one at hand, with the number under which each may be met again. */
type Open = Map<AnySchema, { id: number; met: boolean }>;

const SCALARS = ['string', 'boolean', 'null', 'date', 'bigint', 'never'] as const;

/** Describes a schema that `wireOf` has accepted. */
export function shapeOf(schema: AnySchema): Shape {
  return describe(schema, new Map());
}

function describe(schema: AnySchema, open: Open): Shape {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const scalar = SCALARS.find((type) => type === def.type);
  if (scalar) return { type: scalar };
  switch (def.type) {
    case 'number':
      return { type: isInteger(def) ? 'integer' : 'number' };
    case 'template_literal':
      return { type: 'string' };
    case 'custom':
      return { type: 'bytes' };
    case 'void':
    case 'undefined':
      return { type: 'nothing' };
    case 'literal':
      return { type: 'literal', values: def.values as Literal[] };
    case 'enum':
      return { type: 'literal', values: Object.values(def.entries) };
    case 'optional':
      return { type: 'union', options: [{ type: 'nothing' }, describe(def.innerType, open)] };
    case 'nullable':
      return { type: 'union', options: [{ type: 'null' }, describe(def.innerType, open)] };
    case 'readonly':
    case 'nonoptional':
      return describe(def.innerType, open);
    case 'array':
      return { type: 'list', item: describe(def.element, open) };
    case 'tuple': {
      const items = def.items.map((item) => describe(item, open));
      return { type: 'tuple', items, ...(def.rest && { rest: describe(def.rest, open) }) };
    }
    case 'record':
      return { type: 'record', value: describe(def.valueType, open) };
    case 'union':
      return { type: 'union', options: def.options.map((option) => describe(option, open)) };
    case 'object':
      return recursive(schema, open, () => ({ type: 'object', fields: fieldsOf(def, open) }));
    case 'lazy':
      return recursive(schema, open, () => describe(def.getter(), open));
    default:
      throw new ContractError(`z.${def.type}() cannot be described`);
  }
}

function fieldsOf({ shape }: z.core.$ZodObjectDef, open: Open): Record<string, Field> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]): [string, Field] => {
      const { def, optout } = (field as z.core.$ZodTypes)._zod;
      const inner = def.type === 'optional' ? def.innerType : field;
      return [key, { shape: describe(inner, open), ...(optout === 'optional' && { optional: true }) }];
    }),
  );
}

function isInteger(def: { format?: string; checks?: z.core.$ZodCheck[] | undefined }): boolean {
  const formats = [
    def.format,
    ...(def.checks ?? []).map(({ _zod }) => (_zod.def as { format?: string }).format),
  ];
  return formats.some((format) => format !== undefined && /int/.test(format));
}

function recursive(schema: AnySchema, open: Open, inner: () => Shape): Shape {
  const around = open.get(schema);
  if (around) {
    around.met = true;
    return { type: 'ref', id: around.id };
  }
  const state = { id: open.size, met: false };
  open.set(schema, state);
  const shape = inner();
  open.delete(schema);
  return state.met ? { type: 'recursive', id: state.id, shape } : shape;
}
