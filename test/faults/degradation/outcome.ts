import type { Operation } from './site.js';

/** What a client gets: the answer, one that names modules in `Degraded`, or an error or nothing in time. */
export type Outcome = 'works' | 'degrades' | 'fails';

/** How long a client waits. An owner that hangs is found out within two seconds. */
const TIMEOUT_MS = 5_000;

/** Sends all operations at once. */
export async function outcomesOf(operations: readonly Operation[]): Promise<Record<string, Outcome>> {
  const outcomes = await Promise.all(
    operations.map(async (each) => [each.name, await outcomeOf(each)] as const),
  );
  return Object.fromEntries(outcomes);
}

async function outcomeOf({ send }: Operation): Promise<Outcome> {
  try {
    const response = await send(AbortSignal.timeout(TIMEOUT_MS));
    await response.arrayBuffer();
    if (!response.ok) return 'fails';
    return response.headers.has('degraded') ? 'degrades' : 'works';
  } catch {
    return 'fails';
  }
}
