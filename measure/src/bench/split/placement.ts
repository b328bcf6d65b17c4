import type { ServerProcess } from '../../kit/server-process.js';

/** The modules as they are placed: all in one process, or each in its own. */
export interface Placement {
  readonly name: 'monolith' | 'split';
  readonly processes: readonly ServerProcess[];
  /** The process that serves an endpoint. */
  readonly serving: (endpoint: string) => ServerProcess;
}

/** Modules that serve an endpoint of the bench; articles serves the rest. */
const SERVED_BY: Readonly<Record<string, string>> = {
  profile: 'social',
  comments: 'comments',
  login: 'identity',
};

export function together(monolith: ServerProcess): Placement {
  return { name: 'monolith', processes: [monolith], serving: () => monolith };
}

export function apart(services: Readonly<Record<string, ServerProcess>>): Placement {
  return {
    name: 'split',
    processes: Object.values(services),
    serving: (endpoint) => services[SERVED_BY[endpoint] ?? 'articles']!,
  };
}

/** Calls between modules so far, in the caller's process and to another one. */
export async function callsBetween({
  processes,
}: {
  readonly processes: readonly { readonly url: string }[];
}): Promise<{ local: number; remote: number }> {
  const pages = await Promise.all(processes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  const metrics = pages.join('\n');
  const count = (placement: string) =>
    [...metrics.matchAll(/^seam_calls_total\{([^}]*)\} (\d+)$/gm)]
      .filter(([, labels]) => labels!.includes(`placement="${placement}"`))
      .reduce((sum, [, , calls]) => sum + Number(calls), 0);
  return { local: count('local'), remote: count('remote') };
}
