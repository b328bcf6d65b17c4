import type { z } from 'zod';
import type { Class } from './serialization-rules.js';
import { reviveAs } from './wire-value.js';

const revived = new WeakSet<object>();

/**
 * Makes the values of a schema instances of a class on arrival, with its methods, its `instanceof` and its rules of
 * serialization. The constructor is not called; private fields (`#name`) do not travel.
 * @param schema the fields that travel; anything else of an instance stays at the sender
 * @example output: revive(User, z.object({ id: z.int(), name: z.string() })).nullable()
 */
export function revive<T>(type: Class & { readonly prototype: T }, schema: z.ZodObject): z.ZodType<T> {
  const schemaOfInstances = schema.transform((fields) => reviveAs(type, fields));
  revived.add(schemaOfInstances);
  return schemaOfInstances as unknown as z.ZodType<T>;
}

/** Whether a schema is one of {@link revive}. */
export function isRevived(schema: object): boolean {
  return revived.has(schema);
}
