import { columnTypes } from '@tearline/database';
import { Client } from 'pg';

/** Connects to a database, works there and leaves. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'tearline cli', types: columnTypes });
  // A connection that is lost also fails the query that was under way, which tells.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
