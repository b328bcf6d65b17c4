import pretty from 'pino-pretty';

/** For people who look on: a line says what happened, and leaves out what they know or can look up. */
export function prettyOutput() {
  return pretty({
    destination: 1,
    sync: true,
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
}
