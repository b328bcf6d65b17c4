import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { findBinaries } from './binaries.js';
import { createCluster, readCredentials } from './cluster.js';
import { ownerUrl } from './embedded-url.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { findLauncher } from './launcher.js';
import { pathsIn, type Paths } from './paths.js';
import { recover } from './recover.js';
import { startServer, type Server } from './server.js';

export interface EmbeddedOptions {
  /** The folder, e.g. `.tearline`, made if missing: the data are in its `postgres`, what the server prints in `postgres.log`. */
  dir: string;
  /** Default 100. */
  maxConnections?: number;
  /** On 127.0.0.1; a free one by default, another each time. */
  port?: number;
  /** PostgreSQL settings for this run, by name, e.g. `{ shared_buffers: '256MB' }`. */
  settings?: Record<string, string>;
  /** Gets a line when a cluster is made, when the server is ready, and when it ends without being asked to. */
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** The database `tearline` as its owner, a role that may create roles and databases and is no superuser. */
  readonly url: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** Disconnects every client and resolves when the server is gone. Safe to call again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a private PostgreSQL in a folder, with the data that it had there before. The first time it makes the cluster, which
 * takes about a second. The server lives as long as this process: it is stopped when the process ends for whatever reason,
 * and what an earlier run that was killed has left behind is put in order first.
 *
 * @throws Error when one is already running in the folder (its pid and port are in the message), when there are no binaries
 * for this platform, or with what PostgreSQL says when it does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL does not run on Windows: use WSL, or set DATABASE_URL.');
  }
  const paths = await pathsIn(options.dir);
  const lock = await lockFolder(paths, 'Stop that process, or set TEARLINE_DIR to another folder.');
  try {
    return await startLocked(options, paths, lock);
  } finally {
    lock.release();
  }
}

async function startLocked(
  { maxConnections = 100, port: wanted, settings = {}, log = () => undefined }: EmbeddedOptions,
  paths: Paths,
  lock: FolderLock,
): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  await recover(paths);
  const launcher = await findLauncher(paths, binaries);
  let credentials = await readCredentials(paths);
  if (!credentials) {
    log(`creating a PostgreSQL cluster in ${paths.data}`);
    credentials = await createCluster(paths, binaries, launcher);
  }

  const start = (port: number) => {
    const all = {
      timezone: 'UTC',
      max_connections: `${maxConnections}`,
      ...settings,
      cluster_name: 'tearline',
      listen_addresses: '127.0.0.1',
      port: `${port}`,
      unix_socket_directories: '',
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = launcher.command('INT', binaries.postgres, '-D', paths.data, ...flags);
    return startServer(command, paths.data, paths.log, lock.fd);
  };
  const { port, server } =
    wanted === undefined ? await onFreePort(start) : { port: wanted, server: await start(wanted) };
  lock.announce({ app: process.pid, postgres: server.pid, port });
  log(`PostgreSQL is ready on 127.0.0.1:${port} (pid ${server.pid})`);

  let stopping = false;
  void server.gone.then(() => {
    if (!stopping) log(`PostgreSQL has ended without being asked to; see ${paths.log}`);
  });
  return {
    url: ownerUrl(credentials, port),
    port,
    stop: () => {
      stopping = true;
      return server.stop();
    },
  };
}

/** Somebody may take a port between our finding it free and the server's binding it: then another one. */
async function onFreePort(
  start: (port: number) => Promise<Server>,
): Promise<{ port: number; server: Server }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { port, server: await start(port) };
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
