import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach } from 'vitest';
import { startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './index.js';
import { readPostmaster, serverProcesses, pollUntil } from './processes.js';

/** A new folder for each test, or for a suite. Stops its servers afterwards and checks that none is left. */
export class EmbeddedFolder {
  dir: string;
  private readonly servers: EmbeddedPostgres[] = [];

  constructor(before = beforeEach, after = afterEach) {
    before(async () => {
      this.dir = await mkdtemp(join(tmpdir(), 'embedded-'));
      await chmod(this.dir, 0o755);
    });
    after(async () => {
      await Promise.all(this.servers.splice(0).map((server) => server.stop()));
      if (!(await this.hasNoServer())) throw new Error(`A server was left in ${this.dir}`);
      await rm(this.dir, { recursive: true });
    });
  }

  async start(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbedded({ dir: this.dir, ...options });
    this.servers.push(server);
    return server;
  }

  async postmaster(): Promise<number> {
    return (await readPostmaster(join(this.dir, 'postgres')))!.pid;
  }

  /** Waits until no PostgreSQL works in the folder. */
  hasNoServer(): Promise<boolean> {
    return pollUntil(
      async () => (await serverProcesses(join(this.dir, 'postgres'))).length === 0,
      20_000,
      50,
    );
  }
}

/** A connection that may be lost. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(url);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The fourth field of /proc/<pid>/stat, counted from the name's end, as a name may hold anything. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
