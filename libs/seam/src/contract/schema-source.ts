import { types } from 'node:util';

const MAX_DEPTH = 3;

/** Returns the source text of a schema that allows a value: `z.array(z.int())`. */
export function schemaSource(value: unknown, depth = 0): string {
  if (value === null) return 'z.null()';
  if (Array.isArray(value)) return `z.array(${value.length > 0 ? schemaSource(value[0], depth + 1) : '…'})`;
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'z.int()' : 'z.number()';
    case 'object': {
      if (types.isDate(value)) return 'z.date()';
      if (types.isUint8Array(value)) return 'z.instanceof(Uint8Array)';
      if (depth >= MAX_DEPTH) return 'z.object({ … })';
      const fields = Object.entries(value).map(([key, item]) => `${key}: ${schemaSource(item, depth + 1)}`);
      return `z.object({ ${fields.join(', ')} })`;
    }
    default:
      return `z.${typeof value}()`;
  }
}

/** Returns the source text of the schema that allows a value where a type, by its name in zod, is expected. */
export function wanted(expected: string, actual: unknown): string {
  if (actual === null) return `${sourceOf(expected)}.nullable()`;
  if (actual === undefined) return `${sourceOf(expected)}.optional()`;
  return schemaSource(actual);
}

function sourceOf(type: string): string {
  switch (type) {
    case 'object':
      return 'z.object({ … })';
    case 'array':
      return 'z.array(…)';
    case 'record':
      return 'z.record(…)';
    case 'Uint8Array':
      return 'z.instanceof(Uint8Array)';
    default:
      return `z.${type}()`;
  }
}
