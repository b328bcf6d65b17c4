import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import pg from 'pg';

/** A private PostgreSQL that creates a database for each test. */
export class TestPostgres {
  #dir = '';
  #server: EmbeddedPostgres | undefined;
  #databases = 0;

  async start(): Promise<void> {
    this.#dir = await mkdtemp(join(tmpdir(), 'tearline-'));
    // PostgreSQL refuses to run as root; the user that it runs as must be able to enter the folder.
    await chmod(this.#dir, 0o755);
    this.#server = await startEmbedded({ dir: this.#dir });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** Creates an empty database. */
  async newDatabase(): Promise<{ ownerUrl: string; queuesUrl: string }> {
    const { url } = this.#server!;
    const name = `test_${(this.#databases += 1)}`;
    await query(url, `create database ${name}`);
    const ownerUrl = Object.assign(new URL(url), { pathname: name }).href;
    const queuesUrl = Object.assign(new URL(ownerUrl), {
      username: 'tearline_queues',
      password: 'secret',
    }).href;
    return { ownerUrl, queuesUrl };
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
