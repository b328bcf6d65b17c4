import { Controller, Get, Header, HttpException, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';

const CHECK_TIMEOUT_MS = 2_000;

/** Rejects while a dependency of the host, such as a database, is not available. */
export type ReadinessCheck = () => Promise<void>;

/** Whether the host may receive requests: while it is not shutting down, and its checks pass. */
export class Readiness {
  checks: Readonly<Record<string, ReadinessCheck>> = {};
  isShuttingDown = false;
}

/** Liveness and readiness probes. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('live')
  @Header('cache-control', 'no-store')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    if (this.readiness.isShuttingDown) {
      void reply.code(503);
      return { status: 'shutting_down' };
    }
    try {
      return await this.health.check(
        Object.entries(this.readiness.checks).map(
          ([name, check]) =>
            () =>
              this.#run(name, check),
        ),
      );
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      void reply.code(error.getStatus());
      return error.getResponse();
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
