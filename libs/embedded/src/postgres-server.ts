import { randomInt } from 'node:crypto';
import getPort from 'get-port';
import type { Binaries } from './binaries.js';
import { type Credentials, ownerUrl, superuserUrl } from './database-cluster.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import type { ServerUser } from './server-user.js';
import type { FolderPaths } from './folder-paths.js';
import { serverProcesses, signal } from './processes.js';
import { cleanUpAfterCrash } from './crash-cleanup.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

/**
 * Below the ports that operating systems assign by themselves, which an outgoing connection may take before PostgreSQL
 * binds its port; random, because several processes search at the same time. The same range as in `@tearline/process`,
 * which this library does not import: it depends on npm packages only.
 */
const MIN_PORT = 20_000;
const MAX_PORT = 32_767;
const MAX_START_ATTEMPTS = 5;

/** PostgreSQL settings by name. */
export type ServerSettings = Readonly<Record<string, string>>;

export interface PostgresServerOptions {
  readonly paths: FolderPaths;
  readonly binaries: Binaries;
  readonly serverUser: ServerUser;
  readonly credentials: Credentials;
  readonly settings: ServerSettings;
  /** By default a free port. */
  readonly port?: number | undefined;
}

/** A data directory and its PostgreSQL. Tests and demonstrations inject faults here. */
export class PostgresServer {
  readonly options: PostgresServerOptions;
  #port: number;
  #server: ServerProcess | undefined;
  #isStopped = false;
  #starting: Promise<void> | undefined;

  constructor(options: PostgresServerOptions) {
    this.options = options;
    this.#port = options.port ?? 0;
  }

  /** The port on 127.0.0.1; the same after a restart. */
  get port(): number {
    return this.#port;
  }

  /** The URL of the database `tearline` with its owner's role. */
  get url(): string {
    return ownerUrl(this.options.credentials, this.#port);
  }

  get superuserUrl(): string {
    return superuserUrl(this.options.credentials, this.#port);
  }

  get pid(): number {
    return this.#server!.pid;
  }

  /** Whether `stop` or `kill` was called, and not `start` since. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Resolves when the server has exited for any reason. */
  get exited(): Promise<void> {
    return this.#server!.exited;
  }

  /** Starts the server, for the first time or again. */
  start(): Promise<void> {
    this.#isStopped = false;
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const lock = await lockFolder(this.options.paths, 'Stop that process first.');
    try {
      await cleanUpAfterCrash(this.options.paths);
      await this.startLocked(lock);
    } finally {
      lock.release();
    }
  }

  async startLocked(lock: FolderLock): Promise<void> {
    const { paths } = this.options;
    const options = { data: paths.data, log: paths.log, appends: this.#server !== undefined, lock: lock.fd };
    const run = (port: number) => startServerProcess(this.#command(port), options);
    this.#server = this.#port ? await run(this.#port) : await this.#startOnFreePort(run);
    lock.writeHolder({ app: process.pid, postgres: this.#server.pid, port: this.#port });
  }

  /** Disconnects every client and resolves when the server has exited. May be called repeatedly. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#starting?.catch(() => undefined);
    // A paused process does not handle signals.
    await this.resume();
    await this.#server?.stop();
  }

  /** Kills all processes of the server, as in a crash. */
  async kill(): Promise<void> {
    this.#isStopped = true;
    await this.#signalAll('SIGKILL');
    await this.#server!.exited;
  }

  /** Suspends all processes of the server: connections stay open and are not answered. Linux only. */
  pause(): Promise<void> {
    return this.#signalAll('SIGSTOP');
  }

  resume(): Promise<void> {
    return this.#signalAll('SIGCONT');
  }

  /** Runs statements in order, as the superuser. */
  async execute(...statements: string[]): Promise<void> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: this.superuserUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async #startOnFreePort(run: (port: number) => Promise<ServerProcess>): Promise<ServerProcess> {
    for (let attempt = 1; ; attempt += 1) {
      const candidates = Array.from({ length: 100 }, () => randomInt(MIN_PORT, MAX_PORT + 1));
      const port = await getPort({ host: '127.0.0.1', port: candidates, reserve: true });
      try {
        const server = await run(port);
        this.#port = port;
        return server;
      } catch (error) {
        // Another process bound the port between the search and the start.
        if (attempt === MAX_START_ATTEMPTS || !String(error).includes('Address already in use')) throw error;
      }
    }
  }

  #command(port: number): string[] {
    const { serverUser, binaries, paths, settings } = this.options;
    const all = {
      timezone: 'UTC',
      cluster_name: 'tearline',
      unix_socket_directories: '',
      ...settings,
      listen_addresses: '127.0.0.1',
      port: `${port}`,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return serverUser.command('INT', binaries.postgres, '-D', paths.data, ...flags);
  }

  /** The postmaster first, because it would start other processes. */
  async #signalAll(name: NodeJS.Signals): Promise<void> {
    const { pid } = this.#server!;
    const pids = await serverProcesses(this.options.paths.data);
    for (const each of pids.toSorted((one, other) => Number(other === pid) - Number(one === pid)))
      signal(each, name);
  }
}
