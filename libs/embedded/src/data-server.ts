import type { Binaries } from './binaries.js';
import { type Credentials, superuserUrl } from './cluster.js';
import { ownerUrl } from './embedded-url.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { onFreePort } from './free-port.js';
import type { Launcher } from './launcher.js';
import type { Paths } from './paths.js';
import { serverProcesses, signal } from './processes.js';
import { recover } from './recover.js';
import { type Server, startServer } from './server.js';

/** PostgreSQL settings by name. */
export type ServerSettings = Readonly<Record<string, string>>;

/** What it takes to run a PostgreSQL on a data directory that is there. */
export interface DataServerOptions {
  readonly paths: Paths;
  readonly binaries: Binaries;
  readonly launcher: Launcher;
  readonly credentials: Credentials;
  readonly settings: ServerSettings;
  /** A free one by default. */
  readonly port?: number | undefined;
}

/** A data directory and the PostgreSQL that serves it, which tests and demonstrations may do harm to. */
export class DataServer {
  readonly options: DataServerOptions;
  #port: number;
  #server: Server | undefined;

  constructor(options: DataServerOptions) {
    this.options = options;
    this.#port = options.port ?? 0;
  }

  /** On 127.0.0.1; the same one when it is started again. */
  get port(): number {
    return this.#port;
  }

  /** The database `tearline` as its owner. */
  get url(): string {
    return ownerUrl(this.options.credentials, this.#port);
  }

  get superuserUrl(): string {
    return superuserUrl(this.options.credentials, this.#port);
  }

  get pid(): number {
    return this.#server!.pid;
  }

  /** Settles when the server is gone, whoever stopped it. */
  get gone(): Promise<void> {
    return this.#server!.gone;
  }

  /** Starts it, or starts it again. */
  async start(): Promise<void> {
    const lock = await lockFolder(this.options.paths, 'Stop that process first.');
    try {
      await recover(this.options.paths);
      await this.startLocked(lock);
    } finally {
      lock.release();
    }
  }

  async startLocked(lock: FolderLock): Promise<void> {
    const { paths } = this.options;
    const run = (port: number) => startServer(this.#command(port), paths.data, paths.log, lock.fd);
    if (this.#port) this.#server = await run(this.#port);
    else
      await onFreePort(async (port) => {
        this.#server = await run(port);
        this.#port = port;
      });
    lock.announce({ app: process.pid, postgres: this.#server!.pid, port: this.#port });
  }

  /** Disconnects every client and resolves when the server is gone. Safe to call again. */
  async stop(): Promise<void> {
    // One that is paused would not hear of it.
    await this.resume();
    await this.#server?.stop();
  }

  /** Ends it as a crash does: nothing is written any more, nobody is told. */
  async kill(): Promise<void> {
    await this.#signalAll('SIGKILL');
    await this.#server!.gone;
  }

  /** Stops its processes where they are: connections stay open and are not answered. Linux only. */
  pause(): Promise<void> {
    return this.#signalAll('SIGSTOP');
  }

  resume(): Promise<void> {
    return this.#signalAll('SIGCONT');
  }

  /** Runs statements one after another, as the superuser. */
  async execute(...statements: string[]): Promise<void> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: this.superuserUrl });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  #command(port: number): string[] {
    const { launcher, binaries, paths, settings } = this.options;
    const all = {
      timezone: 'UTC',
      cluster_name: 'tearline',
      ...settings,
      listen_addresses: '127.0.0.1',
      port: `${port}`,
      unix_socket_directories: '',
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return launcher.command('INT', binaries.postgres, '-D', paths.data, ...flags);
  }

  /** The postmaster first, which would start others. */
  async #signalAll(name: NodeJS.Signals): Promise<void> {
    const { pid } = this.#server!;
    const pids = await serverProcesses(this.options.paths.data);
    for (const each of pids.toSorted((one, other) => Number(other === pid) - Number(one === pid)))
      signal(each, name);
  }
}
