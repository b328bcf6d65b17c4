/**
 * Returns an opaque cursor for the place at which a page ended. Places are never reused, so the next page starts there even
 * when notifications were added in between.
 */
export const cursorOf = (place: number): string => Buffer.from(`p${place}`).toString('base64url');

/** Returns the place of a cursor, or undefined for an invalid one. */
export function placeOf(cursor: string): number | undefined {
  const [, digits] = /^p([1-9]\d{0,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (digits === undefined || cursorOf(Number(digits)) !== cursor) return undefined;
  return Number(digits);
}
