import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare TCP connection, to say to a server what no client of ours would. */
export async function rawPeer(
  address: string,
): Promise<{ socket: Socket; text: () => string; closed: Promise<unknown> }> {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([once(socket, 'connect'), closed]);
  return { socket, text: () => text, closed };
}

/** A frame as the transport writes it. */
export function framed(message: unknown): string {
  const json = JSON.stringify(message);
  return `${Buffer.byteLength(json)}#${json}`;
}
