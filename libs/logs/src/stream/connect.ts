import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { serverUrls } from '@tearline/settings';

/** A connection to the server of the stream. That of a host reconnects by itself; that of the store is closed when it is lost. */
export interface StreamClient {
  readonly connection: NatsConnection;
  readonly jetStream: JetStreamClient;
  /** Reads and changes the stream, which hosts have no rights to. */
  readonly manager: () => Promise<JetStreamManager>;
}

const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_INTERVAL_MS = 500;
const PING_INTERVAL_MS = 10_000;

/**
 * Connects to the server of the stream, and loads the client for it.
 * @param url `nats://user:password@host:4222`, or with the scheme `tls`; several hosts stand between commas
 * @param role names the connection, and the inbox that its user may read: `hosts` or `store`
 * @throws Error when no server answers, or it refuses the credentials
 */
export async function connectToStream(url: string, role: 'hosts' | 'store'): Promise<StreamClient> {
  const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
  ]);
  const urls = serverUrls(url).map((each) => new URL(each));
  const { username, password, protocol } = urls[0]!;
  const connection = await connect({
    servers: urls.map(({ host }) => host),
    ...(username !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === 'tls:' && { tls: {} }),
    name: `tearline-logs-${role}`,
    // What a user may read begins with it, so that hosts do not see the replies to others.
    inboxPrefix: `_INBOX_LOGS_${role.toUpperCase()}`,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    // The store compares itself with the stream each time: the server may have lost what it had.
    reconnect: role === 'hosts',
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_INTERVAL_MS,
    ignoreAuthErrorAbort: true,
  });
  // Without the question whether JetStream is enabled, which hosts may not ask.
  return {
    connection,
    jetStream: jetstream(connection),
    manager: () => jetstreamManager(connection, { checkAPI: false }),
  };
}
