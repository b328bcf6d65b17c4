import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { newUser, type UserBody } from '../support/conduit.js';
import { startPostgres } from '../support/postgres.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';

const USERS = 6;
const VISITS = 6;

let database: Awaited<ReturnType<typeof startPostgres>>;
let topology: RunningTopology;

beforeAll(async () => {
  database = await startPostgres({ maxConnections: 200 });
  topology = await startTopology('sticky', { env: { DATABASE_URL: database.url, SESSIONS: 'memory' } });
}, 240_000);
afterAll(async () => {
  await topology?.stop();
  await database?.stop();
});

/** Registers a user and logs a browser in. @returns the cookies that it got, by their names */
async function logIn(): Promise<Map<string, string>> {
  const api = new Api(topology.url);
  const { username, email, password } = newUser() as Record<'username' | 'email' | 'password', string>;
  expect(await api.post<UserBody>('/api/users', { user: { username, email, password } })).toHaveProperty(
    'status',
    201,
  );
  const { status, headers } = await api.post('/api/sessions', { user: { email, password } });
  expect(status).toBe(201);
  return new Map(headers.getSetCookie().map((set) => [set.split('=')[0]!, set.split(';')[0]!]));
}

/** Returns the statuses of several visits with these cookies. */
async function visit(cookies: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < VISITS; time += 1)
    statuses.push((await new Api(topology.url).get('/api/user', { cookie: cookies.join('; ') })).status);
  return statuses;
}

it('sessions in the memory of two processes go on for browsers that stay with one, and for no others', async () => {
  const browsers = await Promise.all(Array.from({ length: USERS }, logIn));
  const sticky = await Promise.all(browsers.map((cookies) => visit([...cookies.values()])));
  expect(new Set(sticky.flat())).toEqual(new Set([200]));
  const without = await Promise.all(browsers.map((cookies) => visit([cookies.get('session')!])));
  expect(new Set(without.flat())).toEqual(new Set([200, 401]));
}, 60_000);
