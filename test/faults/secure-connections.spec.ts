import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { query } from '../support/postgres.js';
import { startApp } from '../support/running-app.js';
import { type SecurePostgres, startSecurePostgres } from '../support/secure-postgres.js';

const GETS = 30;
/** Enough for one or two cancel requests for each query and a new connection in place of each; ten a second were sent before. */
const MAX_CONNECTIONS = 60;

let database: SecurePostgres;

beforeAll(async () => {
  database = await startSecurePostgres({ log_connections: 'on' });
});

afterAll(() => database.stop());

const received = async () =>
  (await readFile(database.server.options.paths.log, 'utf8')).split('connection received').length;

const waiting = () =>
  query<{ pid: number }>(
    database.server.superuserUrl,
    "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  );

it.each([
  ['TLS', 'tlsUrl', true],
  ['a Unix socket', 'socketUrl', false],
] as const)(
  'over %s: queries of requests that time out are cancelled, and few connections are opened for that',
  async (_, url, isTls) => {
    const ownerUrl = database[url];
    const app = await startApp({ env: { DATABASE_URL: ownerUrl, REQUEST_TIMEOUT_MS: '500', CACHE: 'off' } });
    onTestFinished(async () => void (await app.stop()));
    const api = new Api(app.url);
    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    onTestFinished(() => owner.end());
    await owner.query('begin; lock table articles.articles');

    const before = await received();
    const replies = await Promise.all(Array.from({ length: GETS }, () => api.get('/api/articles')));
    expect(replies.map(({ status }) => status)).toEqual(Array(GETS).fill(504));
    await expect.poll(waiting).toEqual([]);
    expect((await received()) - before).toBeLessThan(MAX_CONNECTIONS);

    await owner.query('rollback');
    expect((await api.get('/api/articles')).status).toBe(200);
    const clients = await query<{ name: string; ssl: boolean }>(
      database.server.superuserUrl,
      `select distinct application_name as name, ssl from pg_stat_activity join pg_stat_ssl using (pid)
        where application_name like 'tearline %'`,
    );
    expect(clients.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tearline articles', 'tearline queues']),
    );
    expect(clients.filter(({ ssl }) => ssl !== isTls)).toEqual([]);
  },
);
