import { z } from 'zod';

/** A setting that is a whole number, of at most twelve digits. */
export const countSetting = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,12}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};
