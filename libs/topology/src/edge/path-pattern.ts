/**
 * A manifest's path pattern as a regular expression on the path as the client wrote it. The host that serves the path
 * decodes it before it compares, so each letter may also come percent-encoded; `*` is one segment, which may hold an
 * encoded slash or be empty; a last `**` is any rest. A query or a fragment may follow.
 *
 * @param pattern e.g. `/api/articles/*`
 */
export function regexOf(pattern: string): string {
  const segments = pattern.split('/').slice(1);
  const open = segments.at(-1) === '**';
  if (open) segments.pop();
  const path = segments.map((segment) =>
    segment === '*' ? '/[^/?#]*' : `/${segment.replaceAll(/./g, eitherWay)}`,
  );
  return `^${path.join('')}${open ? '(?:[/?#]|$)' : '(?:[?#]|$)'}`;
}

/** The same on the path as nginx has decoded it, without the query. */
export function decodedRegexOf(pattern: string): string {
  const segments = pattern.split('/').slice(1);
  const open = segments.at(-1) === '**';
  if (open) segments.pop();
  const path = segments.map((segment) => (segment === '*' ? '/[^/]*' : `/${segment.replaceAll('.', '[.]')}`));
  return `^${path.join('')}${open ? '(?:/|$)' : '$'}`;
}

/** Which of two patterns is asked first: from the left, a literal before `*` before `**`. */
export function byLiteralness(one: string, other: string): number {
  const [left, right] = [one, other].map((pattern) => pattern.split('/').slice(1).map(openness));
  for (let index = 0; index < Math.max(left!.length, right!.length); index += 1) {
    const difference = (left![index] ?? -1) - (right![index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

const openness = (segment: string) => ['*', '**'].indexOf(segment) + 1;

function eitherWay(letter: string): string {
  const [high, low] = letter.charCodeAt(0).toString(16);
  const hex = /[a-f]/.test(low!) ? `[${low}${low!.toUpperCase()}]` : low;
  const literal = /[\w-]/.test(letter) ? letter : `[${letter}]`;
  return `(?:${literal}|%${high}${hex})`;
}
