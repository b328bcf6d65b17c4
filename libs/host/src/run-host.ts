import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { assembleHost } from './create-host.js';
import type { DrainingAdapter } from './server/draining-adapter.js';
import { listeningAddress } from './settings/host-settings.js';
import { isChecked } from './settings/host-settings.js';
import { handleProcessSignals } from './process-signals.js';
import type { HostOptions } from './host-options.js';
import { openLogs } from './logging/logs.js';
import type { HostSettings } from './settings/host-settings.js';

/** What a process is made of, and what is left to do when its host has closed. */
export interface RunOptions extends HostOptions {
  /** Called when everything else has ended, or could not start; e.g. to stop an embedded database. */
  onClosed?: () => Promise<void>;
}

/** A host that listens. */
export interface RunningHost {
  app: NestFastifyApplication;
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Lets the requests under way finish, then takes everything apart. Resolves with whether all of them did. */
  close: () => Promise<boolean>;
}

/**
 * Runs a host as this process: listens, says so in the log, and ends with the process. SIGTERM, SIGINT and SIGHUP
 * close it and exit with 0, or with 1 when requests had to be cut off; a second signal exits at once.
 * @throws what {@link createHost} throws, or an error of the socket; everything that had started is closed by then
 */
export async function runHost(options: RunOptions): Promise<RunningHost> {
  const { settings, onClosed = async () => undefined } = options;
  const logs = openLogs(settings, options.log);
  const app = await assembleHost(options, logs).catch(async (error: unknown) => {
    await onClosed();
    throw error;
  });
  let closing: Promise<boolean> | undefined;
  const close = () => (closing ??= closeAll());
  const closeAll = async () => {
    try {
      return await closeApp(app);
    } finally {
      await onClosed().finally(untie);
    }
  };
  const untie = handleProcessSignals({ close, logs, timeout: settings.SHUTDOWN_TIMEOUT_MS });
  try {
    await listen(app, settings);
  } catch (error) {
    await close();
    throw error;
  }
  const url = await app.getUrl();
  const modules = options.modules.map(({ name }) => name);
  logs.application.info({ url, modules, checked: isChecked(settings) }, 'listening');
  return { app, url, close };
}

async function listen(app: NestFastifyApplication, settings: HostSettings): Promise<void> {
  const { PORT } = settings;
  const host = listeningAddress(settings);
  try {
    await app.listen(PORT, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${PORT} of ${host} is taken; set PORT to another one, or to 0 for any`, {
      cause: error,
    });
  }
}

async function closeApp(app: NestFastifyApplication): Promise<boolean> {
  await app.close();
  return !(app.getHttpAdapter() as unknown as DrainingAdapter).wasCutShort;
}
