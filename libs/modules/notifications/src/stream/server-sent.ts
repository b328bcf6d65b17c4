/** One event of a stream as its client parses it. JSON has no line breaks, so its data is one line. */
export function eventText(event: string, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Says nothing, and keeps the connection from looking dead. */
export const HEARTBEAT = ':\n\n';

/** Tells the client how long to wait before it connects again, whenever this connection ends. */
export const retryText = (milliseconds: number): string => `retry: ${Math.round(milliseconds)}\n\n`;
