import { currentCall } from '@tearline/seam';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { HostSettings } from '../settings/host-settings.js';
import { errorFields } from './error-fields.js';
import { LineBatch } from './line-batch.js';
import { prettyOutput } from './pretty-output.js';
import { RequestLog } from './request-log.js';

/** The logs of one host: what the code says, and one line for each request. */
export interface Logs {
  readonly application: Logger;
  readonly requests: RequestLog;
  /** Writes out what is still in memory, before this returns; for a process that is about to end. */
  flush(): void;
}

/** Names under which a secret may stand in what is logged, at the top or one or two levels below. */
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

/** Opens the logs of a host, on standard output by default. */
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

/** JSON is written off the event loop; what is still in memory at exit is written then. */
function standardOutput({ LOG_FORMAT, NODE_ENV }: HostSettings): DestinationStream {
  const isPretty =
    LOG_FORMAT === undefined ? NODE_ENV !== 'production' && process.stdout.isTTY : LOG_FORMAT === 'pretty';
  return isPretty ? prettyOutput() : pino.destination({ fd: 1, sync: false });
}
