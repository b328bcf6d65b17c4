import { z } from 'zod';

/** A setting, as its declaration describes it. */
export interface Setting {
  readonly name: string;
  readonly description: string;
  /** As the reference shows it; undefined where there is none. */
  readonly default: string | undefined;
  /** Whether the value is confidential: no message and no log shows it, and no other module's host may have it. */
  readonly secret: boolean;
  /** Whether the deployment (topology runner or compose) sets it for each host, so that a host never inherits it. */
  readonly assigned: boolean;
  /** Whether the configuration of a balancer in front of the hosts follows from it. */
  readonly edge: boolean;
}

/**
 * Returns the settings of a shape. Each is a zod schema with `.meta({ description, secret, assigned, edge,
 * defaultText })`, of which all but the description is optional.
 * @throws Error for a setting without a description
 */
export function describeSettings(shape: z.ZodRawShape): Setting[] {
  return Object.entries(shape).map(([name, schema]) => {
    const { description, secret, assigned, edge, defaultText } = (schema as z.ZodType).meta() ?? {};
    if (description === undefined) throw new Error(`${name}: expected a description in .meta()`);
    return {
      name,
      description,
      default: (defaultText as string | undefined) ?? defaultOf(schema as z.ZodType),
      secret: secret === true,
      assigned: assigned === true,
      edge: edge === true,
    };
  });
}

function defaultOf(schema: z.ZodType): string | undefined {
  return schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : undefined;
}
