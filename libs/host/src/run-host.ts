import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { assembleHost } from './create-host.js';
import type { DrainingAdapter } from './server/draining-adapter.js';
import { type HostSettings, isChecked, listeningAddress } from './settings/host-settings.js';
import { handleProcessSignals } from './process-signals.js';
import type { HostOptions } from './host-options.js';
import { openMemoryEvidence } from './memory/open-memory-evidence.js';
import { openLogs } from './logging/logs.js';

/** Connections that wait to be accepted; the operating system may allow fewer. */
const MAX_BACKLOG = 4_096;

/** The parts of a host, and the work after it has closed. */
export interface RunOptions extends HostOptions {
  /** Called after the host has closed or failed to start, e.g. to stop an embedded database. */
  onClosed?: () => Promise<void>;
}

/** A host that listens. */
export interface RunningHost {
  app: NestFastifyApplication;
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Waits for the requests in flight, then closes everything. Resolves with whether all requests finished. */
  close: () => Promise<boolean>;
}

/**
 * Runs a host in this process: listens, logs `listening`, and handles signals. SIGTERM, SIGINT and SIGHUP close it and
 * exit with 0, or with 1 when requests were cut off; a second signal exits at once.
 * @throws Error when {@link createHost} throws or the port is not available, after closing everything that had started
 */
export async function runHost(options: RunOptions): Promise<RunningHost> {
  const { settings, onClosed = async () => undefined } = options;
  const logs = await openLogs(settings, options.log, options.logStream);
  const modules = options.modules.map(({ name }) => name);
  const start = async () =>
    assembleHost(options, logs, await openMemoryEvidence(settings, modules, logs.application));
  const app = await start().catch(async (error: unknown) => {
    await onClosed();
    throw error;
  });
  let closing: Promise<boolean> | undefined;
  const close = () => (closing ??= closeAll());
  const closeAll = async () => {
    try {
      return await closeApp(app);
    } finally {
      await onClosed().finally(removeHandlers);
    }
  };
  const removeHandlers = handleProcessSignals({ close, logs, timeout: settings.SHUTDOWN_TIMEOUT_MS });
  try {
    await listen(app, settings);
  } catch (error) {
    await close();
    throw error;
  }
  const url = await app.getUrl();
  logs.application.info({ url, modules, checked: isChecked(settings) }, 'listening');
  return { app, url, close };
}

/** What prevents a server from listening, by error code. */
const MISTAKES: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) =>
    `port ${port} of ${host} is in use; set PORT to another port, or to 0 for any free one`,
  EACCES: (port) => `PORT: this user may not listen on port ${port} (EACCES); set it to a port above 1023`,
  EADDRNOTAVAIL: (_, host) =>
    `HOST: this machine does not have the address '${host}' (EADDRNOTAVAIL); correct it`,
  ENOTFOUND: (_, host) => `HOST: the name '${host}' is unknown (ENOTFOUND); correct it`,
  EAI_AGAIN: (_, host) => `HOST: the name '${host}' cannot be resolved (EAI_AGAIN); correct it`,
};

async function listen(app: NestFastifyApplication, settings: HostSettings): Promise<void> {
  const { PORT } = settings;
  const host = listeningAddress(settings);
  try {
    await app.listen({ port: PORT, host, backlog: MAX_BACKLOG });
  } catch (error) {
    const mistake = MISTAKES[(error as NodeJS.ErrnoException).code ?? ''];
    throw mistake ? new Error(mistake(PORT, host), { cause: error }) : error;
  }
}

async function closeApp(app: NestFastifyApplication): Promise<boolean> {
  await app.close();
  return !(app.getHttpAdapter() as unknown as DrainingAdapter).wasCutShort;
}
