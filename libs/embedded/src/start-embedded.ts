import { findBinaries } from './binaries.js';
import { createCluster, readCredentials } from './cluster.js';
import { DataServer } from './data-server.js';
import type { EmbeddedReplica } from './embedded-replica.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { findLauncher } from './launcher.js';
import { pathsIn, type Paths } from './paths.js';
import { recover } from './recover.js';
import { dropSlots, makeReplicas, removeReplicas, REPLICATED } from './replica-set.js';

export interface EmbeddedOptions {
  /** The folder, e.g. `.tearline`, made if missing: the data are in its `postgres`, what the server prints in `postgres.log`. */
  dir: string;
  /** Default 100. */
  maxConnections?: number;
  /** On 127.0.0.1; a free one by default, another each time. */
  port?: number;
  /** PostgreSQL settings for this run, by name, e.g. `{ shared_buffers: '256MB' }`. */
  settings?: Record<string, string>;
  /** Streaming replicas beside it, made anew each time; none by default. */
  replicas?: number;
  /** Whether a commit waits until one of them has it as well, so that nothing is lost with the primary. */
  synchronous?: boolean;
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
  /** The server itself, to do harm to. */
  readonly server: DataServer;
  readonly replicas: readonly EmbeddedReplica[];
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
  {
    maxConnections = 100,
    port,
    settings = {},
    replicas = 0,
    synchronous = false,
    log = () => undefined,
  }: EmbeddedOptions,
  paths: Paths,
  lock: FolderLock,
): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  await recover(paths);
  const hadReplicas = await removeReplicas(paths);
  const launcher = await findLauncher(paths, binaries);
  let credentials = await readCredentials(paths);
  if (!credentials) {
    log(`creating a PostgreSQL cluster in ${paths.data}`);
    credentials = await createCluster(paths, binaries, launcher);
  }

  const all = {
    max_connections: `${maxConnections}`,
    ...(replicas > 0 && REPLICATED),
    ...(synchronous && { synchronous_standby_names: 'ANY 1 (*)' }),
    ...settings,
  };
  const server = new DataServer({ paths, binaries, launcher, credentials, settings: all, port });
  await server.startLocked(lock);
  log(`PostgreSQL is ready on 127.0.0.1:${server.port} (pid ${server.pid})`);
  let stopping = false;
  const stop = async () => {
    stopping = true;
    await Promise.all(made.map((replica) => replica.stop()));
    await server.stop();
  };
  const made: EmbeddedReplica[] = [];
  try {
    if (hadReplicas) await dropSlots(server);
    made.push(...(await makeReplicas(server, replicas, log)));
  } catch (error) {
    await stop();
    throw error;
  }

  void server.gone.then(() => {
    if (!stopping) log(`PostgreSQL has ended without being asked to; see ${paths.log}`);
  });
  return { url: server.url, port: server.port, stop, server, replicas: made };
}
