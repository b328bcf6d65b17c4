import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { seamServer } from '@tearline/seam';
import { otherHttpHosts } from './about.js';
import { serveDocs } from './pages/docs.js';
import { DrainingAdapter } from './server/draining-adapter.js';
import { HttpErrorFilter } from './errors/http-error.filter.js';
import { RequestLifecycle } from './requests/request-lifecycle.js';
import { ErrorLog } from './errors/error-log.js';
import { HostShutdown } from './server/host-shutdown.js';
import { HostLogger } from './logging/host-logger.js';
import { HostModule } from './host.module.js';
import { LastEnds } from './memory/last-ends.js';
import type { MemoryEvidence } from './memory/memory-evidence.js';
import { memoryBudget } from './requests/large-values.js';
import type { HostOptions } from './host-options.js';
import { type Logs, openLogs } from './logging/logs.js';
import { Readiness } from './health/readiness.js';
import { Routes } from './requests/routes.js';
import { registerLogMetrics } from './metrics/log-metrics.js';
import { registerMemoryLimits } from './metrics/memory-limits.js';
import { SeamMetrics } from './metrics/seam-metrics.js';
import { isChecked, listeningAddress } from './settings/host-settings.js';
import { ConnectionLimits } from './server/connection-limits.js';
import { acceptRequestsFor, createServer } from './server/server.js';
import { ValidationPipe } from './input/validation.pipe.js';

/**
 * Creates a host and starts its modules, without listening yet. `app.close()` lets requests in flight finish, within
 * `SHUTDOWN_TIMEOUT_MS`.
 * @throws Error when a module uses a contract that neither this host nor a remote one provides
 */
export async function createHost(options: HostOptions): Promise<NestFastifyApplication> {
  return assembleHost(options, await openLogs(options.settings, options.log, options.logStream));
}

/** Creates a host as {@link createHost} does, with open logs; it reports why the processes ended that left this evidence. */
export async function assembleHost(
  options: HostOptions,
  logs: Logs,
  evidence?: MemoryEvidence,
): Promise<NestFastifyApplication> {
  const { modules, imports = [], settings, remote = [], credential, idempotency } = options;
  const { answers, consistency } = options;
  const { about = { version: 'unknown', manifests: modules, hosts: [] } } = options;
  assertContractsAreProvided(options);
  const registry = new Registry();
  registerLogMetrics(registry, logs);
  registerMemoryLimits(registry);
  if (evidence) new LastEnds(evidence, registry, logs.application);
  const readiness = new Readiness();
  const shutdown = new HostShutdown();
  const errors = new ErrorLog(logs.application);
  const routes = new Routes(registry, modules);
  const memory = memoryBudget(settings);
  const requests = new RequestLifecycle(
    routes,
    logs.requests,
    settings.REQUEST_TIMEOUT_MS,
    memory,
    options.sessions,
    options.tracer,
  );
  const server = await createServer(settings, requests, memory);
  new ConnectionLimits(settings, registry).attach(server.server);
  const adapter = new DrainingAdapter(server, {
    requests,
    readiness,
    shutdown,
    timeout: settings.SHUTDOWN_TIMEOUT_MS,
    isBehindProxy: settings.TRUST_PROXY !== 'off',
  });
  const root = await HostModule.register({
    modules,
    about,
    settings,
    imports,
    readiness,
    shutdown,
    registry,
    logger: logs.application,
    observer: new SeamMetrics(registry, errors),
    checked: isChecked(settings),
    remote,
    credential,
    idempotency,
    answers,
    consistency,
    tracer: options.tracer,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    abortOnError: false,
    bodyParser: false,
    logger: new HostLogger(logs.application),
  });
  app.useGlobalFilters(new HttpErrorFilter(errors));
  app.useGlobalPipes(new ValidationPipe());
  serveDocs(app, about.version, otherHttpHosts(about, modules));
  requests.responseCache = options.responseCache?.(app);
  readiness.checks = options.readiness?.(app) ?? {};
  try {
    await app.init();
    acceptRequestsFor(server, requests.longestDeadline);
    if (isChecked(settings)) routes.assertDeclared();
    if (options.server) {
      const calls = await seamServer(app, {
        host: listeningAddress(settings),
        ...options.server,
        credential: credential ?? {},
      });
      adapter.alsoDrain(() => calls.drain());
    }
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

function assertContractsAreProvided({ modules, remote = [] }: HostOptions): void {
  const provided = new Set(
    [
      ...modules.flatMap(({ contract }) => contract ?? []),
      ...remote.flatMap(({ contracts }) => contracts),
    ].map(({ name }) => name),
  );
  const problems = modules.flatMap(({ name, uses }) =>
    uses
      .filter((contract) => !provided.has(contract.name))
      .map((contract) => `'${name}' uses '${contract.name}'`),
  );
  if (problems.length === 0) return;
  throw new Error(`no host provides the contract of a module: ${problems.join(', ')}`);
}
