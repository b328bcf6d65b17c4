import { accessSync, constants, mkdirSync } from 'node:fs';
import type { z } from 'zod';
import type { logStreamSettings } from '../log-settings.js';
import { LogStream } from './log-stream.js';

type LogStreamSettings = z.output<z.ZodObject<typeof logStreamSettings>>;

/**
 * Opens the way of the log to the stream; without `LOGS_URL` nothing is loaded, and this is undefined.
 * @param service names the host in each line
 * @throws Error when the folder of the spool cannot be written
 */
export function openLogStream(settings: LogStreamSettings, service: string): LogStream | undefined {
  const { LOGS_URL: url, LOGS_SPOOL_DIR: spoolDir, LOGS_SPOOL_MIB: spoolMib } = settings;
  if (url === undefined) return undefined;
  try {
    // Only this user: what is logged may be personal.
    mkdirSync(spoolDir, { recursive: true, mode: 0o700 });
    accessSync(spoolDir, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`LOGS_SPOOL_DIR: ${spoolDir} cannot be written (${code}); name a folder of this user`, {
      cause: error,
    });
  }
  return new LogStream({ url, spoolDir, maxSpoolBytes: spoolMib * 1_048_576, service });
}
