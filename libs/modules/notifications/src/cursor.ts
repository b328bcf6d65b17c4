/**
 * Where a page ended, as text that says nothing to its reader. A place in the list is never taken twice, so the next
 * page begins there whatever has come meanwhile.
 */
export const cursorOf = (place: number): string => Buffer.from(`p${place}`).toString('base64url');

/** @returns the place, or undefined when the text is no cursor */
export function placeOf(cursor: string): number | undefined {
  const [, digits] = /^p([1-9]\d{0,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (digits === undefined || cursorOf(Number(digits)) !== cursor) return undefined;
  return Number(digits);
}
