/**
 * Returns a value from outside as a string of VCL, which has no escapes.
 * @throws Error for a value with a quote or a control character
 */
export function vclString(value: string): string {
  // oxlint-disable-next-line no-control-regex -- it refuses control characters
  if (/["\u0000-\u001f\u007f]/.test(value))
    throw new Error(`VCL accepts no '"' and no control character in a value, got ${JSON.stringify(value)}`);
  return `"${value}"`;
}
