/** `; did you mean 'articles'?` when one of the known names is like the given one, else what there is to choose from. */
export function didYouMean(given: string, known: readonly string[]): string {
  const [closest] = known
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name) }))
    .toSorted((one, other) => one.distance - other.distance);
  if (closest && closest.distance <= Math.max(1, Math.floor(closest.name.length / 3)))
    return `; did you mean '${closest.name}'?`;
  return known.length > 0 ? `; there are ${known.join(', ')}` : '';
}

/** How many letters to insert, delete, replace or swap with their neighbour (Damerau's distance, restricted). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length]!;
}
