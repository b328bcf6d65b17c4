import { z } from 'zod';

/**
 * Returns an opaque cursor for the place at which a page ended: the whole numbers by which its list is ordered. Places are
 * never reused, so the next page starts there even when rows were added or deleted in between.
 */
export const cursorOf = (...place: readonly number[]): string =>
  Buffer.from(`p${place.join('-')}`).toString('base64url');

/** Returns the schema of a cursor in a query string, a place of `length` numbers. Message: `is invalid`. */
export function cursor(length: number) {
  return z
    .string({ error: 'is invalid' })
    .transform((text, context): readonly number[] => {
      const place = placeOf(text);
      if (place?.length === length) return place;
      context.addIssue({ code: 'custom', message: 'is invalid' });
      return z.NEVER;
    })
    .optional()
    .meta({ type: 'string' });
}

function placeOf(text: string): number[] | undefined {
  const decoded = Buffer.from(text, 'base64url').toString('latin1');
  const [, numbers] = /^p([1-9]\d{0,14}(?:-[1-9]\d{0,14})*)$/.exec(decoded) ?? [];
  const place = numbers?.split('-').map(Number);
  return place && cursorOf(...place) === text ? place : undefined;
}
