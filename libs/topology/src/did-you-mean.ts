import { closest, distance } from 'fastest-levenshtein';

/** Returns `; did you mean 'articles'?` when a known name is similar to the given one, else the list of known names. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const candidate = closest(given.toLowerCase(), known);
  const isSimilar = distance(given.toLowerCase(), candidate) <= Math.max(1, Math.floor(candidate.length / 3));
  return isSimilar ? `; did you mean '${candidate}'?` : `; known: ${known.join(', ')}`;
}
