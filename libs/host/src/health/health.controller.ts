import { Controller, Get, Header, HttpException, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Readiness, type ReadinessCheck } from './readiness.js';

const PATIENCE_MS = 2_000;

/** For whoever runs the process: is it alive, and may it be sent requests. */
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
    if (this.readiness.isClosing) {
      void reply.code(503);
      return { status: 'shutting_down' };
    }
    try {
      return await this.health.check(
        Object.entries(this.readiness.checks).map(
          ([name, check]) =>
            () =>
              this.#try(name, check),
        ),
      );
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      void reply.code(error.getStatus());
      return error.getResponse();
    }
  }

  async #try(name: string, check: ReadinessCheck) {
    const indicator = this.indicators.check(name);
    const slow = AbortSignal.timeout(PATIENCE_MS);
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
