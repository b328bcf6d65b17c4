import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { seamServer } from '@tearline/seam';
import { serveDocs } from './pages/docs.js';
import { DrainingAdapter } from './server/draining-adapter.js';
import { ErrorFilter } from './errors/error.filter.js';
import { Exchanges } from './requests/exchanges.js';
import { FailureLog } from './errors/failure-log.js';
import { HostClosing } from './server/host-closing.js';
import { HostLogger } from './logging/host-logger.js';
import { HostModule } from './host.module.js';
import type { HostOptions } from './host-options.js';
import { type Logs, openLogs } from './logging/logs.js';
import { Readiness } from './health/readiness.js';
import { Routes } from './requests/routes.js';
import { SeamMetrics } from './metrics/seam-metrics.js';
import { listeningAddress } from './server/listening-address.js';
import { isChecked } from './settings/host-settings.js';
import { openServer } from './server/server.js';
import { ValidationPipe } from './input/validation.pipe.js';

/**
 * Puts a host together and starts its modules, without listening yet. `app.close()` lets requests under way finish,
 * within `SHUTDOWN_TIMEOUT_MS`.
 * @throws Error when a module uses a contract that nobody answers, here or elsewhere
 */
export async function createHost(options: HostOptions): Promise<NestFastifyApplication> {
  return assembleHost(options, openLogs(options.settings, options.log));
}

/** {@link createHost} with logs that are open already. */
export async function assembleHost(options: HostOptions, logs: Logs): Promise<NestFastifyApplication> {
  const { modules, imports = [], settings, remote = [], credential, idempotency, docsFrom = [] } = options;
  refuseUnansweredContracts(options);
  const registry = new Registry();
  const readiness = new Readiness();
  const closing = new HostClosing();
  const failures = new FailureLog(logs.application);
  const exchanges = new Exchanges(
    new Routes(registry, modules),
    logs.requests,
    settings.REQUEST_TIMEOUT_MS,
    options.sessions,
  );
  const adapter = new DrainingAdapter(await openServer(settings, exchanges), {
    exchanges,
    readiness,
    closing,
    timeout: settings.SHUTDOWN_TIMEOUT_MS,
    isBehindProxy: settings.TRUST_PROXY !== 'off',
  });
  const root = await HostModule.register({
    modules,
    imports,
    readiness,
    closing,
    registry,
    logger: logs.application,
    observer: new SeamMetrics(registry, failures),
    checked: isChecked(settings),
    remote,
    credential,
    idempotency,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    abortOnError: false,
    bodyParser: false,
    logger: new HostLogger(logs.application),
  });
  app.useGlobalFilters(new ErrorFilter(failures));
  app.useGlobalPipes(new ValidationPipe());
  serveDocs(app, docsFrom);
  exchanges.answers = options.answers?.(app);
  readiness.checks = options.readiness?.(app) ?? {};
  try {
    await app.init();
    if (options.server) {
      const server = await seamServer(app, {
        host: listeningAddress(settings),
        ...options.server,
        credential: credential ?? {},
      });
      adapter.alsoDrain(() => server.drain());
    }
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

function refuseUnansweredContracts({ modules, remote = [] }: HostOptions): void {
  const answered = new Set(
    [...modules.map(({ contract }) => contract), ...remote.flatMap(({ contracts }) => contracts)].map(
      ({ name }) => name,
    ),
  );
  const problems = modules.flatMap(({ name, uses }) =>
    uses
      .filter((contract) => !answered.has(contract.name))
      .map((contract) => `'${name}' uses '${contract.name}'`),
  );
  if (problems.length === 0) return;
  throw new Error(`no module of this host answers a contract: ${problems.join(', ')}`);
}
