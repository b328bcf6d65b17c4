/**
 * Where two values first differ, as values that a contract can carry: a property that is undefined equals a
 * missing one, dates and bytes compare by content.
 * @returns the path of the first difference (`.author.bio`, `[3].id`), or `undefined` when there is none
 */
export function firstDifference(left: unknown, right: unknown, path = ''): string | undefined {
  if (Object.is(left, right) || (left === 0 && right === 0)) return undefined;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return path || '.';
  if (left instanceof Date || right instanceof Date)
    return left instanceof Date && right instanceof Date && left.getTime() === right.getTime()
      ? undefined
      : path || '.';
  if (left instanceof Uint8Array || right instanceof Uint8Array)
    return left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0
      ? undefined
      : path || '.';
  if (Array.isArray(left) !== Array.isArray(right)) return path || '.';
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const at = Array.isArray(left) ? `${path}[${key}]` : `${path}.${key}`;
    const found = firstDifference(
      (left as Record<string, unknown>)[key],
      (right as Record<string, unknown>)[key],
      at,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
