/** Returns one block of nginx's configuration, as lines. */
export function block(name: string, ...lines: readonly (string | readonly string[])[]): string[] {
  return [`${name} {`, ...lines.flat().map((line) => (line === '' ? '' : `  ${line}`)), '}'];
}
