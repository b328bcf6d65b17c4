import { compareRoutes, matchesRoute } from '@tearline/seam';
import type { Exchange } from '../support/api-client.js';

/** A route of `/docs-json`, with the statuses that it describes. */
export interface DocumentedRoute {
  readonly method: string;
  /** With `*` for each parameter. */
  readonly pattern: string;
  readonly statuses: readonly number[];
}

interface Docs {
  paths: Record<string, Record<string, { responses: Record<string, object> }>>;
}

export async function documentedRoutes(baseUrl: string): Promise<DocumentedRoute[]> {
  const { paths } = (await (await fetch(`${baseUrl}/docs-json`)).json()) as Docs;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      pattern: path.replaceAll(/\{\w+\}/g, '*'),
      statuses: Object.keys(responses).map(Number),
    })),
  );
}

/** Asserts that `/docs` describes the status of a response. 408 and 431 may come before a request reaches its route. */
export function assertDocumented(
  routes: readonly DocumentedRoute[],
  { method, path, reply: { status } }: Exchange,
): void {
  const [pathname = ''] = path.split('?');
  const [route] = routes
    .filter((each) => each.method === method && matchesRoute(each.pattern, pathname))
    .toSorted((one, other) => compareRoutes(one.pattern, other.pattern));
  if (!route || route.statuses.includes(status) || status === 408 || status === 431) return;
  throw new Error(`${method} ${path} answered ${status}, which /docs does not describe for ${route.pattern}`);
}
