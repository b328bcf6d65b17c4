import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

interface Connection {
  readonly caller: Socket;
  /** Undefined while it is not connected. */
  callee?: Socket;
}

/** A TCP proxy in front of one address that loses what is sent, as a network that is cut: connections stay and get no answer. */
export class Link {
  #isCut = false;
  #blocked: string | undefined;
  readonly #connections = new Set<Connection>();
  readonly #server: Server = createServer({ noDelay: true }, (caller) => this.#accept(caller));

  /** Both `host:port`. */
  constructor(
    readonly address: string,
    private readonly target: string,
  ) {}

  async listen(): Promise<void> {
    const [host, port] = this.address.split(':');
    this.#server.listen(Number(port), host);
    await once(this.#server, 'listening');
  }

  cut(): void {
    this.#isCut = true;
    for (const { caller, callee } of this.#connections)
      for (const socket of [caller, callee]) socket?.pause();
  }

  /** Loses connections from now on whose first bytes are these; of others nothing changes. */
  block(start: string): void {
    this.#blocked = start;
  }

  heal(): void {
    this.#isCut = false;
    this.#blocked = undefined;
    for (const connection of this.#connections) {
      for (const socket of [connection.caller, connection.callee]) socket?.resume();
      if (!connection.callee) connection.caller.destroy();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const { caller, callee } of this.#connections)
      for (const socket of [caller, callee]) socket?.destroy();
    await closed;
  }

  #accept(caller: Socket): void {
    const connection: Connection = { caller };
    this.#connections.add(connection);
    caller.on('error', () => undefined);
    caller.once('close', () => {
      this.#connections.delete(connection);
      connection.callee?.destroy();
    });
    if (this.#isCut) caller.pause();
    else if (this.#blocked === undefined) this.#forward(connection);
    else
      caller.once('data', (bytes: Buffer) => {
        if (this.#blocked !== undefined && bytes.toString('latin1').startsWith(this.#blocked)) return;
        this.#forward(connection);
        connection.callee!.write(bytes);
      });
  }

  #forward(connection: Connection): void {
    const [host, port] = this.target.split(':');
    const { caller } = connection;
    const callee = connect({ host: host!, port: Number(port), noDelay: true });
    connection.callee = callee;
    callee.on('error', () => undefined);
    callee.once('close', () => caller.destroy());
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      from.on('data', (bytes: Buffer) => void to.write(bytes));
      from.once('end', () => void to.end());
    }
  }
}
