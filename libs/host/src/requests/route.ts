import type { Duration } from '../metrics/duration.js';
import type { DurationMetrics } from '../metrics/duration-metrics.js';

/** What is the same for every request to one route, found out when the route is registered. */
export class Route {
  readonly #durations = new Map<string, Duration>();
  /** Probes come every few seconds and say nothing: the log calls them `debug`. */
  readonly isProbe: boolean;
  /** What the log says of the route, as JSON. */
  readonly fields: string;

  /**
   * @param path the pattern, e.g. `/api/articles/:slug`
   * @param module the module whose manifest claims the route
   */
  constructor(
    private readonly path: string,
    module: string | undefined,
    private readonly metrics: DurationMetrics<'method' | 'route' | 'status'>,
  ) {
    this.isProbe = path.startsWith('/health/') || path === '/metrics';
    this.fields = JSON.stringify({ route: path, module }).slice(1, -1);
  }

  /** Counts one answered request. */
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
