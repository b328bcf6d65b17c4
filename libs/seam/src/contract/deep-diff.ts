/**
 * Where two values first differ, as values that a contract can carry: a property that is undefined equals a
 * missing one, dates and bytes compare by content.
 * @returns the path of the first difference (`.author.bio`, `[3].id`), or `undefined` when there is none
 */
export function firstDifference(left: unknown, right: unknown, path = ''): string | undefined {
  if (isSame(left, right)) return undefined;
  if (!hasFields(left) || !hasFields(right) || Array.isArray(left) !== Array.isArray(right))
    return path || '.';
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const at = Array.isArray(left) ? `${path}[${key}]` : `${path}.${key}`;
    const found = firstDifference(left[key], right[key], at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  if (left instanceof Date && right instanceof Date) return Object.is(left.getTime(), right.getTime());
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right) === 0;
  return left === right || Object.is(left, right);
}

function hasFields(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)
  );
}
