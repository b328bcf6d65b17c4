/**
 * Runs `task` once for each index below `count`, no more than `width` at a time, and gives the results in order of
 * index. The first rejection rejects the whole.
 */
export async function atOnce<T>(
  count: number,
  width: number,
  task: (index: number) => Promise<T>,
): Promise<T[]> {
  const results = Array<T>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return results;
}
