import { existsSync } from 'node:fs';
import { findBinaries } from './binaries.js';
import { createCluster, ownerUrl, readCredentials } from './database-cluster.js';
import { PostgresServer } from './postgres-server.js';
import type { EmbeddedReplica } from './embedded-replica.js';
import { type FolderLock, lockFolder, readLockHolder } from './folder-lock.js';
import { findServerUser } from './server-user.js';
import { folderPaths, type FolderPaths } from './folder-paths.js';
import { isAlive } from './processes.js';
import { cleanUpAfterCrash } from './crash-cleanup.js';
import { keepRunning, type RestartOptions } from './keep-running.js';
import {
  adoptPromoted,
  dropSlots,
  createReplicas,
  promotedAmong,
  removeReplicas,
  REPLICATION_SETTINGS,
} from './replica-set.js';

export interface EmbeddedOptions {
  /** The folder, e.g. `.tearline`, created if missing: data in `postgres`, the server's output in `postgres.log`. */
  dir: string;
  /** Default 100. */
  maxConnections?: number;
  /** Port on 127.0.0.1; by default a free port, a new one at each start. */
  port?: number;
  /** PostgreSQL settings for this run, by name, e.g. `{ shared_buffers: '256MB' }`. */
  settings?: Record<string, string>;
  /** Number of streaming replicas, created anew at each start; 0 by default. */
  replicas?: number;
  /** Whether a commit waits until one replica has received it, so that nothing is lost with the primary. */
  synchronous?: boolean;
  /** Receives a line when a cluster is created, when the server is ready, and when it exits unexpectedly. */
  log?: (line: string) => void;
  /** Given, servers that end by themselves are started again, on the same port. */
  restart?: RestartOptions;
}

export interface EmbeddedPostgres {
  /** The URL of the database `tearline` with its owner's role, which may create roles and databases and is not a superuser. */
  readonly url: string;
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Disconnects every client and resolves when the server has exited. May be called repeatedly. */
  readonly stop: () => Promise<void>;
  /** The server, for fault injection. */
  readonly server: PostgresServer;
  readonly replicas: readonly EmbeddedReplica[];
}

/**
 * Starts a private PostgreSQL in a folder, with its earlier data. The first start creates the cluster, which takes about a
 * second. The server lives as long as this process, even if the process is killed. Leftovers of a killed process are
 * cleaned up first.
 *
 * @throws Error when a server already runs in the folder (its pid and port are in the message), when there are no binaries
 * for this platform, or with PostgreSQL's output when it does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL does not run on Windows: use WSL, or set DATABASE_URL.');
  }
  const paths = await folderPaths(options.dir);
  const lock = await lockFolder(paths, 'Stop that process, or set TEARLINE_DIR to another folder.');
  try {
    return await startLocked(options, paths, lock);
  } finally {
    lock.release();
  }
}

async function startLocked(
  {
    maxConnections = 100,
    port,
    settings = {},
    replicas = 0,
    synchronous = false,
    log = () => undefined,
    restart,
  }: EmbeddedOptions,
  paths: FolderPaths,
  lock: FolderLock,
): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  await cleanUpAfterCrash(paths);
  const heir = await adoptPromoted(paths);
  if (heir) log(`${heir} was promoted in the last run: its data is the primary's now`);
  const hadReplicas = await removeReplicas(paths);
  const serverUser = await findServerUser(paths, binaries);
  let credentials = await readCredentials(paths);
  if (!credentials) {
    log(`creating a PostgreSQL cluster in ${paths.data}`);
    credentials = await createCluster(paths, binaries, serverUser);
  }

  const all = {
    max_connections: `${maxConnections}`,
    // So that a module's data can move to another server.
    wal_level: 'logical',
    ...(replicas > 0 && REPLICATION_SETTINGS),
    ...(synchronous && { synchronous_standby_names: 'ANY 1 (*)' }),
    ...settings,
  };
  const server = new PostgresServer({ paths, binaries, serverUser, credentials, settings: all, port });
  await server.startLocked(lock);
  log(`PostgreSQL is ready on 127.0.0.1:${server.port} (pid ${server.pid})`);
  const stop = async () => {
    await Promise.all(running.map((replica) => replica.stop()));
    await server.stop();
  };
  const running: EmbeddedReplica[] = [];
  try {
    if (hadReplicas) await dropSlots(server);
    running.push(...(await createReplicas(server, replicas, log)));
  } catch (error) {
    await stop();
    throw error;
  }

  if (restart) {
    const reasonToStayDown = async () => {
      const promoted = await promotedAmong(running);
      return promoted && `${promoted.name} has been promoted; it is the primary now`;
    };
    const options = { name: 'PostgreSQL', log, ...restart };
    void keepRunning(server, running.length > 0 ? { ...options, reasonToStayDown } : options);
    for (const replica of running) void keepRunning(replica, { name: replica.name, log, ...restart });
  } else {
    void server.exited.then(() => {
      if (!server.isStopped) log(`PostgreSQL has ended unexpectedly; see ${paths.log}`);
    });
  }
  return { url: server.url, port: server.port, stop, server, replicas: running };
}

/**
 * Returns the owner's URL of the embedded PostgreSQL that another process runs in a folder; undefined when there is none.
 * The server lives as long as that process.
 */
export async function embeddedUrl(dir: string): Promise<string | undefined> {
  if (!existsSync(dir)) return undefined;
  const paths = await folderPaths(dir);
  const { postgres, port } = readLockHolder(paths.lock) ?? {};
  if (postgres === undefined || port === undefined || !isAlive(postgres)) return undefined;
  const credentials = await readCredentials(paths);
  return credentials && ownerUrl(credentials, port);
}
