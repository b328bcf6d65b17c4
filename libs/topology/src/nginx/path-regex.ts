/** How a regular expression of nginx writes the parts of a path. */
interface PathForm {
  readonly anySegment: string;
  readonly literal: (segment: string) => string;
  /** The characters that may end the path. */
  readonly terminators: string;
}

const RAW: PathForm = {
  anySegment: '[^/?#]*',
  literal: (segment) => segment.replaceAll(/./g, plainOrEncoded),
  terminators: '?#',
};
const DECODED: PathForm = {
  anySegment: '[^/]*',
  literal: (segment) => segment.replaceAll('.', '[.]'),
  terminators: '',
};

/**
 * Returns a route pattern as a regular expression on `$request_uri`, the path as the client sent it. Each character may be
 * percent-encoded, because the host decodes the path before it matches; `*` may hold an encoded slash or be empty; a query
 * or a fragment may follow.
 * @param pattern e.g. `/api/articles/*`
 */
export function rawPathRegex(pattern: string): string {
  return pathRegex(pattern, RAW);
}

/** Returns a route pattern as a regular expression of a `location`, on the decoded path without its query. */
export function decodedPathRegex(pattern: string): string {
  return pathRegex(pattern, DECODED);
}

function pathRegex(pattern: string, { anySegment, literal, terminators }: PathForm): string {
  const segments = pattern.split('/').slice(1);
  const matchesRest = segments.at(-1) === '**';
  if (matchesRest) segments.pop();
  const path = segments.map((segment) => `/${segment === '*' ? anySegment : literal(segment)}`).join('');
  const ends = matchesRest ? `/${terminators}` : terminators;
  return `^${path}${ends ? `(?:[${ends}]|$)` : '$'}`;
}

function plainOrEncoded(character: string): string {
  const [high, low] = character.charCodeAt(0).toString(16);
  const hex = /[a-f]/.test(low!) ? `[${low}${low!.toUpperCase()}]` : low;
  const plain = /[\w-]/.test(character) ? character : `[${character}]`;
  return `(?:${plain}|%${high}${hex})`;
}
