/** UTF-16 code units of the texts of one page of a list. As JSON a unit takes one to six bytes. */
export const MAX_PAGE_TEXT = 1_048_576;

/**
 * Returns the first items of a page, as many as the texts of one may have: at least one, and in nearly all lists every one.
 * The next page of the client starts behind the last of them.
 */
export function withinPageSize<T>(items: readonly T[]): T[] {
  let left = MAX_PAGE_TEXT;
  const end = items.findIndex((item, index) => (left -= textLength(item)) < 0 && index > 0);
  return end < 0 ? [...items] : items.slice(0, end);
}

function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let length = 0;
  for (const inner of Object.values(value)) length += textLength(inner);
  return length;
}
