import { HttpException, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';

const CHECK_TIMEOUT_MS = 2_000;

/** Rejects while a dependency of the host, such as a database, is not available. */
export type ReadinessCheck = () => Promise<void>;

/** Whether the host may receive requests: while it is not shutting down, and its checks pass. */
export class Readiness {
  checks: Readonly<Record<string, ReadinessCheck>> = {};
  isShuttingDown = false;
}

/** Runs the checks of {@link Readiness}. */
@Injectable()
export class ReadinessProbe {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  /** Returns the response of `/health/ready`. */
  async run(): Promise<{ status: number; body: object | string }> {
    if (this.readiness.isShuttingDown) return { status: 503, body: { status: 'shutting_down' } };
    const checks = Object.entries(this.readiness.checks);
    try {
      const body = await this.health.check(
        checks.map(
          ([name, check]) =>
            () =>
              this.#run(name, check),
        ),
      );
      return { status: 200, body };
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      return { status: error.getStatus(), body: error.getResponse() };
    }
  }

  async #run(name: string, check: ReadinessCheck) {
    const indicator = this.indicators.check(name);
    const slow = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    const late = new Promise<never>((_, reject) =>
      slow.addEventListener('abort', () => reject(slow.reason as Error)),
    );
    try {
      await Promise.race([check(), late]);
      return indicator.up();
    } catch {
      return indicator.down();
    }
  }
}
