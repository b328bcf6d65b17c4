import { currentCall } from '@tearline/seam';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { HostSettings } from '../settings/host-settings.js';
import { errorFields } from './error-fields.js';
import { LineBatch } from './line-batch.js';
import { prettyOutput } from './pretty-output.js';
import { RequestLog } from './request-log.js';

/** The logs of one host: the messages of the code, and one line for each request. */
export interface Logs {
  readonly application: Logger;
  readonly requests: RequestLog;
  /** Writes buffered lines synchronously, before the process exits. */
  flush(): void;
}

/** Fields that are redacted, at the top level of a logged object or one or two levels below. */
const SECRETS = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'setCookie',
  'apiKey',
  'signingKey',
];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Opens the logs of a host, by default on standard output. */
export function openLogs(
  settings: HostSettings,
  destination: DestinationStream = standardOutput(settings),
): Logs {
  const application = pino(
    {
      base: { pid: process.pid },
      level: settings.LOG_LEVEL,
      mixin: () => ({ requestId: currentCall()?.requestId }),
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: errorFields },
    },
    destination,
  );
  const batch = new LineBatch(destination);
  const flush = () => {
    batch.flush();
    (destination as { flushSync?: () => void }).flushSync?.();
  };
  return { application, requests: new RequestLog(application, batch), flush };
}

/** Returns standard output. JSON is written asynchronously; the rest of it is written at exit. */
function standardOutput({ LOG_FORMAT, NODE_ENV }: HostSettings): DestinationStream {
  const isPretty =
    LOG_FORMAT === undefined ? NODE_ENV !== 'production' && process.stdout.isTTY : LOG_FORMAT === 'pretty';
  return isPretty ? prettyOutput() : pino.destination({ fd: 1, sync: false });
}
