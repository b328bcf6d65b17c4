import { currentCall } from '@tearline/seam';
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { errorFields } from './error-fields.js';
import type { HostSettings } from './host-settings.js';
import { LineBatch } from './line-batch.js';
import { RequestLog } from './request-log.js';

/** The logs of one host: what the code says, and one line for each request. */
export interface Logs {
  readonly application: Logger;
  readonly requests: RequestLog;
  /** Writes out what is still in memory, before this returns. */
  flush(): void;
}

/** Names under which a secret may stand in what is logged, at the top or one or two levels below. */
const SECRETS = ['password', 'token', 'secret', 'authorization', 'cookie', '["set-cookie"]', 'apiKey', 'accessToken'];
const REDACTED = SECRETS.flatMap((name) => {
  const dotted = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${dotted}`, `*.*${dotted}`];
});

/** Opens the logs of a host, to standard output unless told otherwise. */
export function openLogs(settings: HostSettings, destination: DestinationStream = standardOutput(settings)): Logs {
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
  const requests = new RequestLog(application, batch);
  const flush = () => {
    batch.flush();
    (destination as { flushSync?: () => void }).flushSync?.();
  };
  return { application, requests, flush };
}

/** JSON is written off the event loop; what is still in memory at exit is written then. */
function standardOutput(settings: HostSettings): DestinationStream {
  if (isPretty(settings)) return pretty({ destination: 1, sync: true, ignore: 'pid', translateTime: 'HH:MM:ss.l' });
  return pino.destination({ fd: 1, sync: false });
}

function isPretty({ LOG_FORMAT, NODE_ENV }: HostSettings): boolean {
  return LOG_FORMAT === undefined ? NODE_ENV !== 'production' && process.stdout.isTTY : LOG_FORMAT === 'pretty';
}
