import { currentCall } from '@tearline/seam';
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { errorFields } from './error-fields.js';
import type { HostSettings } from './host-settings.js';
import { LineBatch } from './line-batch.js';

/** The logs of one host: what the code says, and one line for each request. */
export interface Logs {
  readonly application: Logger;
  readonly requests: Logger;
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
  const base = { pid: process.pid };
  const level = settings.LOG_LEVEL;
  const application = pino(
    {
      base,
      level,
      mixin: () => ({ requestId: currentCall()?.requestId }),
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: errorFields },
    },
    destination,
  );
  const batch = new LineBatch(destination);
  const requests = pino({ base, level }, batch);
  const flush = () => {
    batch.flush();
    (destination as { flushSync?: () => void }).flushSync?.();
  };
  return { application, requests, flush };
}

/**
 * JSON is written in batches, off the event loop, since a write for each request costs more than the request; a batch
 * waits 100 ms at most, and what is left is written at exit.
 */
function standardOutput(settings: HostSettings): DestinationStream {
  if (isPretty(settings)) return pretty({ destination: 1, sync: true, ignore: 'pid', translateTime: 'HH:MM:ss.l' });
  return pino.destination({ fd: 1, sync: false, minLength: 0 });
}

function isPretty({ LOG_FORMAT, NODE_ENV }: HostSettings): boolean {
  return LOG_FORMAT === undefined ? NODE_ENV !== 'production' && process.stdout.isTTY : LOG_FORMAT === 'pretty';
}
