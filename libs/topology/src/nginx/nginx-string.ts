/**
 * Returns a value from outside as one argument of a directive. nginx has no way to write `$` in an argument that may contain
 * variables.
 * @throws Error for a value with `$` or a control character
 */
export function nginxString(value: string): string {
  // oxlint-disable-next-line no-control-regex -- it refuses control characters
  if (/[$\u0000-\u001f\u007f]/.test(value))
    throw new Error(`nginx accepts no '$' and no control character in a value, got ${JSON.stringify(value)}`);
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
