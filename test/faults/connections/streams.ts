import { connect, type Socket } from 'node:net';

/** Streams of notifications, opened in batches and read until they end. */
export class Streams {
  readonly #sockets = new Set<Socket>();
  /** Streams that began with the status 200. */
  accepted = 0;
  /** By status; 0 for a connection without a response. */
  readonly refused = new Map<number, number>();
  /** Accepted streams that ended. */
  ended = 0;
  #isClosing = false;

  get open(): number {
    return this.#sockets.size;
  }

  /** Opens a stream of a user from an address. Resolves with the status. */
  openOne(url: string, token: string, from: string): Promise<number> {
    const { hostname, port } = new URL(url);
    const { promise, resolve } = Promise.withResolvers<number>();
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    socket.write(
      `GET /api/notifications/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\nAccept: text/event-stream\r\n\r\n`,
    );
    socket.once('data', (data) => resolve(Number(/^HTTP\/1.1 (\d{3})/.exec(data.toString())?.[1] ?? 0)));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      resolve(0);
      if (this.#sockets.delete(socket) && !this.#isClosing) this.ended += 1;
    });
    socket.resume();
    return promise.then((status) => {
      if (status === 200) {
        this.accepted += 1;
        if (!socket.destroyed) this.#sockets.add(socket);
      } else {
        this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
        socket.destroy();
      }
      return status;
    });
  }

  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
