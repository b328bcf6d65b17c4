import { matchesRoute, type ModuleManifest } from '@tearline/seam';
import type { Registry } from 'prom-client';
import { type DurationBuckets, DurationMetrics } from '../metrics/duration-metrics.js';

/** A registered route, with everything that is the same for each of its requests. */
export class Route {
  readonly #durations = new Map<string, DurationBuckets>();
  /** Whether it is a probe: these come every few seconds, so the log writes them on level `debug`. */
  readonly isProbe: boolean;
  /** The fields of the route in the log, as JSON without braces. */
  readonly fields: string;

  /**
   * @param path the pattern, e.g. `/api/articles/:slug`
   * @param module the module whose manifest lists the route
   */
  constructor(
    readonly path: string,
    module: string | undefined,
    private readonly metrics: DurationMetrics<'method' | 'route' | 'status'>,
  ) {
    this.isProbe = /^\/health(\/|$)/.test(path) || path === '/metrics';
    this.fields = JSON.stringify({ route: path, module }).slice(1, -1);
  }

  /** Records one request that has ended. */
  record(method: string, status: number, milliseconds: number): void {
    const key = method + status;
    let duration = this.#durations.get(key);
    if (duration === undefined) {
      duration = this.metrics.of({ method, route: this.path, status: String(status) });
      this.#durations.set(key, duration);
    }
    duration.add(milliseconds);
  }
}

/** Routes that belong to no module: pages of the host, the board of the queues, and requests that match no route. */
const HOST_ROUTES = [
  '*',
  '/',
  '/landing.js',
  '/guide',
  '/guide/**',
  '/health',
  '/health/*',
  '/metrics',
  '/docs',
  '/docs/**',
  '/docs-json',
  '/queues',
  '/queues/**',
];

/** The routes of one host, with the metrics and the module of each. */
export class Routes {
  readonly #metrics: DurationMetrics<'method' | 'route' | 'status'>;
  readonly #routes = new Map<string, Route>();
  /** The route of requests that match no other. */
  readonly none: Route;

  constructor(
    registry: Registry,
    private readonly modules: readonly ModuleManifest[],
  ) {
    this.#metrics = new DurationMetrics(registry, {
      total: ['http_requests_total', 'HTTP requests, by route and status.'],
      seconds: [
        'http_request_duration_seconds',
        'Duration of HTTP requests, from the head of the request to the end of the response.',
      ],
      labels: ['method', 'route', 'status'],
    });
    this.none = this.of('none');
  }

  /**
   * Asserts that each registered route is one of the host's own or declared by a manifest: a proxy in front finds the host
   * of a module by the manifest's routes, and would send other paths elsewhere.
   */
  assertDeclared(): void {
    const declared = [...HOST_ROUTES, ...this.modules.flatMap(({ routes }) => routes)];
    const undeclared = [...this.#routes.keys()].filter(
      (path) => !declared.some((pattern) => matchesRoute(pattern, path)),
    );
    if (undeclared.length > 0)
      throw new Error(
        `routes that no manifest declares: ${undeclared.join(', ')}; add them to the module's manifest`,
      );
  }

  of(path: string): Route {
    let route = this.#routes.get(path);
    if (route === undefined) {
      const module = this.modules.find(({ routes }) =>
        routes.some((pattern) => matchesRoute(pattern, path)),
      )?.name;
      route = new Route(path, module, this.#metrics);
      this.#routes.set(path, route);
    }
    return route;
  }
}
