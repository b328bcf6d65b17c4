import pg from 'pg';

/** Members of pg that its types lack. */
interface Connected {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation: string;
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: {
    startup(config: unknown): void;
    cancel(processId: number, secretKey: number): void;
  };
}

const TIMEOUT_MS = 2_000;

/**
 * Cancels the running query of a connection, over another connection (PostgreSQL's documentation, "Canceling Requests in
 * Progress"). The query then fails. That connection is opened by pg, with TLS or a Unix socket like the first one; only its
 * first message is the cancel request, which pg's own `Client.cancel` sends without TLS.
 * @returns resolves when the server has processed the request, at the latest after two seconds
 */
export async function cancelQuery(client: pg.ClientBase): Promise<void> {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as unknown as Connected;
  const options = { host, port, ssl, sslnegotiation: sslNegotiation, connectionTimeoutMillis: TIMEOUT_MS };
  const canceller = new pg.Client(options as pg.ClientConfig);
  canceller.on('error', () => undefined);
  const { connection } = canceller as unknown as Connected;
  connection.startup = () => connection.cancel(processID, secretKey);
  // The server closes the connection without an answer, which pg reports as an error. One that cannot be reached ends the
  // query when the connection closes or the statement times out.
  await canceller.connect().catch(() => undefined);
}
