import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import {
  type AnswerCache,
  type ConsistencyLevel,
  type Credential,
  type IdempotencyStore,
  type ModuleManifest,
  type RemoteHostOptions,
  SeamModule,
  type SeamObserver,
  type Tracer,
} from '@tearline/seam';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { About } from './about.js';
import { HealthController } from './health/health.controller.js';
import { Readiness, ReadinessProbe } from './health/readiness.js';
import { GUIDE, GuideController } from './pages/guide.controller.js';
import { LANDING, LandingController, type LandingOptions } from './pages/landing.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import type { HostSettings } from './settings/host-settings.js';
import { HostShutdown } from './server/host-shutdown.js';

/**
 * The event loop's lag is sampled by a timer of this interval, which each of its values includes. prom-client's 10 ms took a quarter of the
 * CPU that a process uses without requests.
 */
const LOOP_SAMPLING_MS = 50;

/** The parts of a host's root module. */
export interface HostModuleOptions {
  modules: readonly ModuleManifest[];
  about: About;
  settings: HostSettings;
  imports: readonly (DynamicModule | Type)[];
  logger: Logger;
  registry: Registry;
  observer: SeamObserver;
  readiness: Readiness;
  shutdown: HostShutdown;
  checked: boolean;
  remote: readonly RemoteHostOptions[];
  credential: Credential | undefined;
  idempotency: IdempotencyStore | undefined;
  answers: AnswerCache | false | undefined;
  consistency: ConsistencyLevel | undefined;
  tracer: Tracer | undefined;
}

/** The root module of a host: its own pages, the shared libraries and the modules. */
@Module({})
export class HostModule {
  static async register(options: HostModuleOptions): Promise<DynamicModule> {
    const { modules, about, settings, imports, logger, registry, observer, readiness, checked, remote } =
      options;
    const { shutdown, credential, idempotency, answers, consistency, tracer } = options;
    const local = modules.flatMap(({ contract }) => contract ?? []);
    const globals = [
      { provide: Registry, useValue: registry },
      { provide: Readiness, useValue: readiness },
      ReadinessProbe,
      { provide: HostShutdown, useValue: shutdown },
      { provide: LANDING, useValue: { about, modules, settings } satisfies LandingOptions },
      { provide: GUIDE, useValue: about.guide },
    ];
    return {
      module: HostModule,
      global: true,
      imports: [
        // Applied to no route: the host's request log replaces this middleware at a lower cost.
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] }),
        PrometheusModule.register({
          controller: MetricsController,
          defaultMetrics: {
            enabled: true,
            config: { register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLING_MS },
          },
        }),
        TerminusModule.forRoot({ logger: false }),
        SeamModule.forRoot({
          local,
          remote,
          checked,
          observer,
          ...(credential && { credential }),
          ...(idempotency && { idempotency }),
          ...(answers !== undefined && { answers }),
          ...(consistency && { consistency }),
          ...(tracer && { tracer }),
        }),
        ...imports,
        ...(await Promise.all(modules.map(({ load }) => load()))),
      ],
      controllers: [LandingController, HealthController, ...(about.guide ? [GuideController] : [])],
      providers: globals,
      exports: [Registry, HostShutdown],
    };
  }
}
