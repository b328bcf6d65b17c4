import { z } from 'zod';

/** Returns the name of a module's setting: `ARTICLES_DATABASE_URL` for `articles` and `DATABASE_URL`. */
export const moduleVariable = (module: string, name: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_${name}`;

/** A whole number, of at most twelve digits. */
export const numberSetting = (min: number, max: number) => {
  const error = `expected a number from ${min} to ${max}`;
  return z
    .string({ error })
    .regex(/^\d{1,12}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};

/** One of a few words. */
export const oneOfSetting = <const V extends readonly string[]>(...values: V) =>
  z.enum(values, { error: `expected one of ${values.join(', ')}` });
