import pg from 'pg';

/** What pg has but its types do not tell. */
interface Connected {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly processID: number;
  readonly secretKey: number;
}
interface CancelConnection extends NodeJS.EventEmitter {
  connect(port: number, host: string): void;
  cancel(processId: number, secretKey: number): void;
}
const { Connection } = pg as unknown as {
  Connection: new (options: { ssl: boolean | object }) => CancelConnection;
};

/**
 * Asks the server to stop what it does for a connection, over another one, as the protocol wants it
 * (PostgreSQL's documentation, "Canceling Requests in Progress"). The query then ends with an error.
 */
export function cancelQuery(client: pg.ClientBase): void {
  const { host, port, ssl, processID, secretKey } = client as unknown as Connected;
  const connection = new Connection({ ssl });
  connection.on(ssl ? 'sslconnect' : 'connect', () => connection.cancel(processID, secretKey));
  // A server that cannot be told will find out by itself, when the connection closes or its statement times out.
  connection.on('error', () => undefined);
  connection.connect(port, host);
}
