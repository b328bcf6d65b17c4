import { generateSigningKey, publicKeysOf } from '@tearline/auth';
import { databaseUrlVariable } from '@tearline/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { newUser, register, unique } from '../support/conduit.js';
import { TestServer } from '../support/database.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const HOSTS = 3;
const MAX_FAILURES = 1;
const MAX_REGISTRATIONS = 5;

/** Hosts of identity, which an attacker calls at once. */
export interface AttackedHosts {
  readonly hosts: readonly RunningApp[];
  /** Sends requests to all hosts at once, from one address. @returns the number of responses by status */
  readonly attack: (
    address: string,
    each: number,
    path: string,
    user: () => object,
  ) => Promise<Record<number, number>>;
}

/** @param redisUrl returns the Redis of the hosts, if they have one */
export function loginAttackSpecs(name: string, redisUrl: () => string | undefined): () => AttackedHosts {
  const server = new TestServer();
  let hosts: RunningApp[] = [];

  const attack: AttackedHosts['attack'] = async (address, each, path, user) => {
    const replies = await Promise.all(
      hosts.flatMap(({ url }) =>
        Array.from({ length: each }, () =>
          new Api(url).post(path, { user: user() }, { 'x-forwarded-for': address }),
        ),
      ),
    );
    const counts: Record<number, number> = {};
    for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  const guess = (address: string, each: number, email: () => string) =>
    attack(address, each, '/api/users/login', () => ({ email: email(), password: 'a guess' }));

  beforeAll(async () => {
    await server.start();
    const database = await server.newDatabase();
    await database.migrate();
    await database.migrateQueues();
    const key = await generateSigningKey();
    const redis = redisUrl();
    const env = {
      HOST_MODULES: 'identity',
      HOST_ROLES: 'http,rpc',
      [databaseUrlVariable('identity')]: database.urls['identity']!,
      ...(redis === undefined ? { QUEUES_DATABASE_URL: database.queuesUrl } : { REDIS_URL: redis }),
      IDENTITY_SIGNING_KEY: JSON.stringify(key),
      AUTH_JWKS: JSON.stringify(publicKeysOf(key)),
      TRUST_PROXY: 'loopback',
      LOGIN_FAILURES_PER_MINUTE: `${MAX_FAILURES}`,
      // Hashes queue up on a busy machine.
      REQUEST_TIMEOUT_MS: '60000',
      REGISTRATIONS_PER_MINUTE: `${MAX_REGISTRATIONS}`,
    };
    const entry = 'dist/apps/service/src/main.js';
    hosts = await Promise.all(Array.from({ length: HOSTS }, () => startApp({ entry, env })));
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    await server.stop();
  });

  describe(`an attack on several hosts with ${name}`, () => {
    it('on one account makes as many guesses as one host allows', async () => {
      const { email, password } = await register(new Api(hosts[0]!.url));
      expect(await guess('203.0.113.1', 20, () => email)).toEqual({
        401: MAX_FAILURES,
        429: 60 - MAX_FAILURES,
      });
      // Its user, elsewhere, is not locked out; concurrent logins with the right password are no failures.
      const logIn = () => ({ email, password });
      expect(await attack('203.0.113.2', 10, '/api/users/login', logIn)).toEqual({ 200: 30 });
    });

    it('on many accounts from one address makes as many guesses as one host allows', async () => {
      const emails = () => `${unique('user')}@example.com`;
      expect(await guess('203.0.113.3', 50, emails)).toEqual({ 401: 100 * MAX_FAILURES, 429: 50 });
    }, 120_000);

    it('by registrations makes as many as one host allows', async () => {
      const registered = await attack('203.0.113.4', 10, '/api/users', newUser);
      expect(registered).toEqual({ 201: MAX_REGISTRATIONS, 429: 25 });
    });
  });
  return () => ({ hosts, attack });
}

/** The limit on failures of one host for one account. */
export const MAX_FAILURES_OF_ONE_HOST = MAX_FAILURES;
