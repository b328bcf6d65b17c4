import type { ModuleManifest } from '@tearline/seam';
import type { Registry } from 'prom-client';
import { DurationMetrics } from '../metrics/duration-metrics.js';
import { Route } from './route.js';

/** The routes of one host, with the metrics and the module of each. */
export class Routes {
  readonly #metrics: DurationMetrics<'method' | 'route' | 'status'>;
  readonly #routes = new Map<string, Route>();
  /** Where requests are counted that no route took. */
  readonly none: Route;

  constructor(
    registry: Registry,
    private readonly modules: readonly ModuleManifest[],
  ) {
    this.#metrics = new DurationMetrics(registry, {
      total: ['http_requests_total', 'Requests answered, by route and status.'],
      seconds: [
        'http_request_duration_seconds',
        'How long requests took, from their head to the end of the answer.',
      ],
      labels: ['method', 'route', 'status'],
    });
    this.none = this.of('none');
  }

  of(path: string): Route {
    let route = this.#routes.get(path);
    if (route === undefined) {
      const module = this.modules.find(({ routes }) => routes.some((pattern) => claims(pattern, path)))?.name;
      route = new Route(path, module, this.#metrics);
      this.#routes.set(path, route);
    }
    return route;
  }
}

/** Whether a manifest's pattern covers a route: `*` stands for one segment, a last `**` for any rest. */
function claims(pattern: string, path: string): boolean {
  const parts = pattern.split('/');
  const segments = path.split('/');
  const open = parts.at(-1) === '**';
  if (open) parts.pop();
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every((part, index) => part === segments[index] || part === '*');
}
