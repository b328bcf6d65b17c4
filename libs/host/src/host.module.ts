import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import {
  type Credential,
  type IdempotencyStore,
  type ModuleManifest,
  type RemoteHostOptions,
  SeamModule,
  type SeamObserver,
} from '@tearline/seam';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { HealthController } from './health/health.controller.js';
import { LandingController, MODULES } from './pages/landing.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Readiness } from './health/readiness.js';
import { HostClosing } from './server/host-closing.js';

/** What the host's own module is put together from. */
export interface HostModuleOptions {
  modules: readonly ModuleManifest[];
  imports: readonly (DynamicModule | Type)[];
  logger: Logger;
  registry: Registry;
  observer: SeamObserver;
  readiness: Readiness;
  closing: HostClosing;
  checked: boolean;
  remote: readonly RemoteHostOptions[];
  credential: Credential | undefined;
  idempotency: IdempotencyStore | undefined;
}

/** The root of a host: its own pages, and everything that it was given to run. */
@Module({})
export class HostModule {
  static async register(options: HostModuleOptions): Promise<DynamicModule> {
    const { modules, imports, logger, registry, observer, readiness, checked, remote } = options;
    const { closing, credential, idempotency } = options;
    const local = modules.map(({ contract }) => contract);
    const globals = [
      { provide: Registry, useValue: registry },
      { provide: Readiness, useValue: readiness },
      { provide: HostClosing, useValue: closing },
      { provide: MODULES, useValue: modules },
    ];
    return {
      module: HostModule,
      global: true,
      imports: [
        // No route: the library's middleware would cost more than the line for each request that it writes.
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] }),
        PrometheusModule.register({
          controller: MetricsController,
          defaultMetrics: { enabled: true, config: { register: registry } },
        }),
        TerminusModule.forRoot({ logger: false }),
        SeamModule.forRoot({
          local,
          remote,
          checked,
          observer,
          ...(credential && { credential }),
          ...(idempotency && { idempotency }),
        }),
        ...imports,
        ...(await Promise.all(modules.map(({ load }) => load()))),
      ],
      controllers: [LandingController, HealthController],
      providers: globals,
      exports: [Registry, HostClosing],
    };
  }
}
