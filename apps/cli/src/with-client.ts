import { columnTypes, primaryUrl } from '@tearline/database';
import { Client } from 'pg';

/** Connects to a database, on the server that takes writes where the URL names several, works there and leaves. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connectionString = await primaryUrl(url);
  const client = new Client({ connectionString, application_name: 'tearline cli', types: columnTypes });
  // A lost connection also rejects the pending query, which reports the error.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
