import { request } from 'node:http';

/** One event as a stream's client gets it. */
export interface StreamEvent {
  event: string;
  /** The id of this event; `undefined` when it has none. */
  id: number | undefined;
  data: Record<string, unknown>;
}

/** An open stream of server-sent events. */
export interface EventSourceClient {
  /** What has come so far. */
  events: StreamEvent[];
  headers: Record<string, string | string[] | undefined>;
  /** The last id that came, as a browser would send it when it connects again. */
  lastEventId(): number | undefined;
  /** Milliseconds of the last `retry:` that came. */
  retry(): number | undefined;
  /** Bytes that came, heartbeats included. */
  bytes(): number;
  /** Resolves when the stream has ended, however it did. */
  ended: Promise<void>;
  close(): void;
}

/**
 * Opens a stream of server-sent events. Reads the format as the HTML standard has it, as far as ours uses it.
 * @throws Error when the answer is not a stream; its message begins with the status
 */
export function openEventSource(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventSourceClient> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } });
    sent.once('error', reject);
    sent.once('response', (response) => {
      response.setEncoding('utf8');
      if (response.statusCode !== 200) {
        let text = '';
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => reject(new Error(`${response.statusCode} ${text}`)));
        return;
      }
      const events: StreamEvent[] = [];
      let [buffer, bytes] = ['', 0];
      let [last, retry]: (number | undefined)[] = [];
      response.on('data', (chunk: string) => {
        bytes += chunk.length;
        const parts = (buffer + chunk).split('\n\n');
        buffer = parts.pop()!;
        for (const part of parts) {
          const fields = new Map(
            part.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]),
          );
          if (fields.has('retry')) retry = Number(fields.get('retry'));
          if (!fields.has('data')) continue;
          const id = fields.has('id') ? Number(fields.get('id')) : undefined;
          last = id ?? last;
          const data = JSON.parse(fields.get('data')!) as Record<string, unknown>;
          events.push({ event: fields.get('event') ?? 'message', id, data });
        }
      });
      response.on('error', () => undefined);
      const ended = new Promise<void>((end) => response.once('close', end));
      resolve({
        events,
        headers: response.headers,
        lastEventId: () => last,
        retry: () => retry,
        bytes: () => bytes,
        ended,
        close: () => sent.destroy(),
      });
    });
    sent.end();
  });
}
