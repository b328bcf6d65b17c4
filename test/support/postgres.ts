import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrls } from '@tearline/database';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import pg from 'pg';

/** Starts a private PostgreSQL in a temporary folder, which `stop` removes. */
export async function startPostgres(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-'));
  // PostgreSQL refuses to run as root; the user that it runs as must be able to enter the folder.
  await chmod(dir, 0o755);
  const server = await startEmbedded({ dir, ...options });
  const stop = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { ...server, stop };
}

/** A private PostgreSQL that creates a database for each test. */
export class TestPostgres {
  #server: EmbeddedPostgres | undefined;
  #databases = 0;

  async start(): Promise<void> {
    this.#server = await startPostgres();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Creates an empty database. @param options of `create database` */
  async newDatabase(options = ''): Promise<{ readonly ownerUrl: string; readonly queuesUrl: string }> {
    const { url } = this.#server!;
    const name = `test_${(this.#databases += 1)}`;
    await query(url, `create database ${name} ${options}`);
    const ownerUrl = Object.assign(new URL(url), { pathname: name }).href;
    return { ownerUrl, queuesUrl: databaseUrls(['queues'], {}, ownerUrl)['queues']! };
  }
}

/** Runs one statement on a new connection. */
export async function query<Row>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as Row[];
  } finally {
    await client.end();
  }
}
