import { currentCall } from '@tearline/seam';
import { type DestinationStream, type Logger, pino } from 'pino';
import { traceFields } from './trace-fields.js';
import type { LogStream } from '../host-options.js';
import type { HostSettings } from '../settings/host-settings.js';
import { errorFields } from './error-fields.js';
import { LineBatch } from './line-batch.js';
import { LogOutput } from './log-output.js';
import { RequestLog } from './request-log.js';

/** The logs of one host: the messages of the code, and one line for each request. */
export interface Logs {
  readonly application: Logger;
  readonly requests: RequestLog;
  /** Returns the number of lines that were lost because standard output did not take them. */
  lost(): number;
  readonly stream: LogStream | undefined;
  /** Writes buffered lines synchronously, before the process exits; gives up after 300 ms, and 1.5 s for the stream. */
  flush(): void;
}

/** Fields that are redacted, at the top level of a logged object or one or two levels below. */
const SECRETS = [
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'ticket',
  'jwt',
  'secret',
  'authorization',
  'cookie',
  'setCookie',
  'apiKey',
  'signingKey',
];
const REDACTED = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** Opens the logs of a host, by default on standard output, and on the stream if there is one. */
export async function openLogs(
  settings: HostSettings,
  destination?: DestinationStream,
  stream?: LogStream,
): Promise<Logs> {
  if (destination) return logsOn(destination, settings, { stream });
  const output = new LogOutput((lost) => {
    logs.application.warn({ lost }, 'lines of the log were lost: standard output did not take them');
  });
  const logs = logsOn(isPretty(settings) ? await pretty(output) : output, settings, { output, stream });
  return logs;
}

function logsOn(
  first: DestinationStream,
  settings: HostSettings,
  { output, stream }: { output?: LogOutput; stream: LogStream | undefined },
): Logs {
  const destination = stream ? both(first, stream) : first;
  const application = pino(
    {
      base: { pid: process.pid },
      level: settings.LOG_LEVEL,
      mixin: callFields,
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: errorFields },
    },
    destination,
  );
  const batch = new LineBatch(destination);
  const flush = () => {
    batch.flush();
    output?.flush();
    stream?.flush();
  };
  stream?.onReport(({ level, fields, message }) => application[level](fields, message));
  return {
    application,
    requests: new RequestLog(application, batch),
    lost: () => output?.lost ?? 0,
    stream,
    flush,
  };
}

const both = (first: DestinationStream, second: DestinationStream): DestinationStream => ({
  write(lines) {
    first.write(lines);
    second.write(lines);
  },
});

/** The request and the trace that a line belongs to. */
function callFields(): object {
  const call = currentCall();
  if (call?.traceparent === undefined) return { requestId: call?.requestId };
  return { requestId: call.requestId, ...traceFields(call.traceparent) };
}

/** Loads the formatter, which production does not need. */
async function pretty(output: LogOutput): Promise<DestinationStream> {
  const { prettyOutput } = await import('./pretty-output.js');
  return prettyOutput(output);
}

function isPretty({ LOG_FORMAT, NODE_ENV }: HostSettings): boolean {
  if (LOG_FORMAT !== undefined) return LOG_FORMAT === 'pretty';
  return NODE_ENV !== 'production' && process.stdout.isTTY;
}
