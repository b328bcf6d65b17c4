/**
 * Returns whether a pattern of {@link ModuleManifest.routes} matches a path: `*` matches one segment, a final `**` the rest
 * of the path, even an empty one. All matching of paths against patterns goes through here; nginx, which needs regular
 * expressions, gets them from the same patterns.
 */
export function matchesRoute(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const segments = path.split('/');
  const matchesRest = parts.at(-1) === '**';
  if (matchesRest) parts.pop();
  if (matchesRest ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every((part, index) => part === '*' || part === segments[index]);
}

/** Compares two patterns for sorting, the more specific first: from the left, a literal segment, then `*`, then `**`. */
export function compareRoutes(one: string, other: string): number {
  const [left, right] = [one, other].map((pattern) => pattern.split('/').map(wildness));
  for (let index = 0; index < Math.max(left!.length, right!.length); index += 1) {
    const difference = (left![index] ?? -1) - (right![index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

const wildness = (segment: string) => ['*', '**'].indexOf(segment) + 1;
