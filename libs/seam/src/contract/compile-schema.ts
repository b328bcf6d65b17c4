import type { z } from 'zod';
import { ContractError } from '../call/errors.js';
import { type AdaptedSchema, type CompiledSchema, InvalidValue, type Schema } from './schema.js';
import { shapeOf } from './schema-shape.js';

/**
 * Compiles a schema, once, when its contract is declared.
 * @param path where it stands, e.g. `articles.bySlug input`; named in errors
 * @throws ContractError for a schema of an unknown library, or one that would change its values
 */
export function compileSchema(schema: Schema, path: string): CompiledSchema {
  if ('compiled' in schema) return (schema as AdaptedSchema<unknown>).compiled;
  if (!('_zod' in schema))
    throw new ContractError(`${path}: expected a schema of zod 4, typeOnly() or dto()`);
  return {
    shape: shapeOf(schema as unknown as z.core.$ZodType, path),
    parse(value) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      throw new InvalidValue(parsed.error.issues);
    },
  };
}
