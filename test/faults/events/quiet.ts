const DEPTHS = /^events_(?:outbox_rows|inbox_waiting|queue_jobs)\{.*\} (\S+)$/gm;
const PATIENCE_MS = 5_000;

/** Whether a process, by its metrics, sees nothing under way: in its modules' outboxes and inboxes, and in its queues. */
export async function isQuiet(url: string): Promise<boolean> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const depths = [...(await response.text()).matchAll(DEPTHS)].map(([, depth]) => Number(depth));
  return depths.length > 0 && depths.every((depth) => depth === 0);
}
