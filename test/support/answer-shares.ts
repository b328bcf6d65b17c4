/** How many answers of other hosts came from each source: `cached`, `asked`, `stale`, `fallback`. */
export type AnswersBySource = Readonly<Record<string, number>>;

/** Returns the answers that processes have counted. */
export async function answersOf(processes: readonly string[]): Promise<AnswersBySource> {
  const sums: Record<string, number> = {};
  for (const url of processes) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, source, count] of text.matchAll(/^seam_answers_total\{.*source="(.+?)"\} (\d+)$/gm))
      sums[source!] = (sums[source!] ?? 0) + Number(count);
  }
  return sums;
}

/** Returns the shares as text, e.g. `5 % asked, 95 % cached of 200 answers`. */
export function sharesOf(answers: AnswersBySource): string {
  const all = Object.values(answers).reduce((sum, each) => sum + each, 0);
  const shares = Object.keys(answers)
    .toSorted((one, other) => one.localeCompare(other))
    .map((source) => `${((100 * answers[source]!) / all).toFixed(1)} % ${source}`);
  return `${shares.join(', ')} of ${all} answers of other hosts`;
}
