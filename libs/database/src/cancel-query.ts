import pg from 'pg';

/** Members of pg that its types lack. */
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
 * Cancels the running query of a connection, over a new connection (PostgreSQL's documentation, "Canceling Requests in
 * Progress"). The query then fails.
 */
export function cancelQuery(client: pg.ClientBase): void {
  const { host, port, ssl, processID, secretKey } = client as unknown as Connected;
  const connection = new Connection({ ssl });
  connection.on(ssl ? 'sslconnect' : 'connect', () => connection.cancel(processID, secretKey));
  // A server that cannot be reached ends the query when the connection closes or the statement times out.
  connection.on('error', () => undefined);
  connection.connect(port, host);
}
