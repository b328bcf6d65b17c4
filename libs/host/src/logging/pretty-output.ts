import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** For people who look on: a line says what happened, and leaves out what they know or can look up. */
export function prettyOutput(output: DestinationStream): DestinationStream {
  const format = prettyFactory({
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,context,requestId,method,url,route,module,status,duration,userId',
    messageFormat: ({ msg, context, method, url, status, duration }) => {
      if (msg === 'request')
        return `${String(method)} ${String(url)} ${String(status)} ${String(duration)} ms`;
      if (msg === 'listening') return `listening on ${String(url)}`;
      return typeof context === 'string' ? `${context}: ${String(msg)}` : String(msg);
    },
  });
  return {
    write(lines) {
      for (const line of lines.split('\n')) if (line !== '') output.write(format(line) ?? '');
    },
  };
}
