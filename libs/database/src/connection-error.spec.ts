import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../test/support/postgres.js';
import { prepareDatabase } from './index.js';

const messageOf = async (url: string) => {
  const prepared = prepareDatabase({
    modules: [],
    env: { DATABASE_URL: url },
    isProduction: false,
    start: () => Promise.reject(new Error('no database must be started')),
    log: () => undefined,
  });
  return prepared.then(
    () => 'connected',
    (error: Error) => error.message,
  );
};

describe('a server that refuses a connection is reported with the setting and the remedy', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let address: string;
  beforeAll(async () => {
    server = await startPostgres();
    address = new URL(server.url).host;
  });
  afterAll(() => server.stop());

  it('when none listens there', async () => {
    expect(await messageOf('postgres://u:hunter2@127.0.0.1:1/x')).toBe(
      'DATABASE_URL: the server 127.0.0.1:1 accepts no connection; start it, or correct the address (ECONNREFUSED)',
    );
  });

  it('when its name is unknown', async () => {
    expect(await messageOf('postgres://u:hunter2@no-such-host.invalid/x')).toMatch(
      /^DATABASE_URL: the server no-such-host\.invalid:5432 has .*; correct it \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it('when the role, the password or the database is wrong', async () => {
    expect(await messageOf(`postgres://tearline_owner:hunter2@${address}/tearline`)).toBe(
      `DATABASE_URL: the server ${address} rejects the role or its password; correct them (28P01)`,
    );
    const missing = Object.assign(new URL(server.url), { pathname: 'missing' }).href;
    expect(await messageOf(missing)).toBe(
      `DATABASE_URL: the server ${address} has no such database; create it, or correct the name (3D000)`,
    );
  });

  it('when it is no PostgreSQL', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(await messageOf(`postgres://u:hunter2@127.0.0.1:${port}/x`)).toBe(
      `DATABASE_URL: the server 127.0.0.1:${port} closed the connection; it may not be a PostgreSQL (ECONNRESET)`,
    );
    other.close();
  });
});
