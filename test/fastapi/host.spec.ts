import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '@tearline/process';
import { SocialContract } from '@tearline/modules/social/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCaller } from '../../libs/seam/src/placement/apps.fixture.js';
import { Api } from '../support/api-client.js';
import { follow, type Person, profilePath, type ProfileBody, register } from '../support/conduit.js';
import { query } from '../support/postgres.js';
import { type HostProcess, type RunningTopology, startTopology } from '../support/running-topology.js';
import { environmentOf, isAlive } from '../topology/processes.js';
import { locatePython } from './python.js';

/** For what takes a new process. */
const patiently = { timeout: 120_000, interval: 20 };
const minutes = 60_000;

let dir: string;
let armed: string;
let topology: RunningTopology;
let replicas: HostProcess[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-fastapi-'));
  await chmod(dir, 0o755);
  armed = join(dir, 'die-once');
  const file = join(dir, 'split.yaml');
  await writeFile(
    file,
    `hosts:
  social: { modules: [social], runtime: fastapi, replicas: 2 }
  app: { modules: ['*'] }
`,
  );
  topology = await startTopology(file, {
    within: 4 * minutes,
    env: { DIE_ONCE: armed, PYTHONPATH: resolve('test/fastapi/fixtures') },
  });
  replicas = topology.hosts.filter(({ name }) => name.startsWith('social.'));
}, 5 * minutes);
afterAll(async () => {
  await topology.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The host in Nest that relays the events; it has the same credentials. */
const jobs = () => topology.hosts.find(({ name }) => name === 'social-jobs.1')!;

const isReady = ({ url }: HostProcess) =>
  fetch(`${url}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );

/** Repeats the steps, some at the same time, until the work is done. @returns what failed */
async function underLoad(
  steps: readonly (() => Promise<void>)[],
  work: (count: () => number) => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  const over = new AbortController();
  let count = 0;
  const load = steps.map(async (step) => {
    while (!over.signal.aborted) {
      await step().catch((error: unknown) => failures.push(error));
      count += 1;
      await pause(5);
    }
  });
  try {
    await work(() => count);
  } finally {
    over.abort();
    await Promise.all(load);
  }
  return failures;
}

describe('two replicas of social in Python that get SIGTERM, one after the other', () => {
  it('lose no request behind nginx, and no call over the seam', { timeout: 10 * minutes }, async () => {
    const api = new Api(topology.url);
    const people = await Promise.all(Array.from({ length: 4 }, () => register(api)));
    const overHttp = people.map((person, index) => async () => {
      const path = profilePath(people[(index + 1) % people.length]!.username);
      for (const [method, of, following] of [
        ['POST', `${path}/follow`, true],
        ['GET', path, true],
        ['DELETE', `${path}/follow`, false],
      ] as const) {
        const { status, body, text } = await person.api.send<ProfileBody>(method, of);
        if (status !== 200 || body.profile.following !== following)
          throw new Error(`${method} ${of} answered ${status} ${text}`);
      }
    });
    const caller = await openCaller(
      replicas.map(({ rpc }) => rpc!),
      { credential: { secret: environmentOf(replicas[0]!.pid)['RPC_SECRET']! } },
      {},
      SocialContract,
    );
    const overSeam = Array.from({ length: 4 }, () => async () => {
      await caller.client.followersOf({ followee: 1, after: 0, limit: 10 });
    });

    const failures = await underLoad([...overHttp, ...overSeam], async (count) => {
      for (const replica of replicas) {
        const before = count();
        await expect.poll(count, patiently).toBeGreaterThan(before + 50);
        process.kill(replica.pid, 'SIGTERM');
        await expect.poll(() => isAlive(replica.pid), patiently).toBe(false);
        await expect.poll(() => isReady(replica), patiently).toBe(true);
      }
    });
    await caller.close();
    expect(failures).toEqual([]);
  });
});

describe('a replica that is killed after a commit, before it replies', () => {
  it('leaves one effect, and the repeated request gets its answer', { timeout: 5 * minutes }, async () => {
    const api = new Api(topology.url);
    const [follower, followee] = await Promise.all([register(api), register(api)]);
    const path = `${profilePath(followee.username)}/follow`;
    const followWithKey = () =>
      follower.api.post<ProfileBody>(path, undefined, { 'idempotency-key': 'a-key' });
    const url = environmentOf(jobs().pid)['SOCIAL_DATABASE_URL']!;
    /** How many events each subscriber gets of the follower, and their keys. */
    const effects = () =>
      query<{ subscriber: string; last: number; keys: number }>(
        url,
        `select subscriber, last::int, (select count(*)::int from social.idempotency_keys where principal = $1) as keys
           from social.event_sequences where aggregate = 'user/' || $1`,
        [`${idOf(follower)}`],
      );

    await mkdir(armed);
    expect((await followWithKey()).status).toBeGreaterThanOrEqual(500);
    expect(existsSync(armed)).toBe(false);
    const once = await effects();
    expect(once).toEqual([{ subscriber: 'notifications', last: 1, keys: 1 }]);

    const answer = await followWithKey();
    expect([answer.status, answer.body.profile]).toEqual([200, await follow(follower, followee)]);
    expect(await effects()).toEqual(once);

    // Not even after the opposite: the key belongs to the first request.
    expect((await follower.api.del(path)).status).toBe(200);
    expect((await followWithKey()).body.profile.following).toBe(false);
  });

  /** The user's id, which is the subject of their token. */
  function idOf({ token }: Person): number {
    const payload = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string };
    return Number(payload.sub);
  }
});

describe('a host in Python', () => {
  it('names each server when none answers', async () => {
    const python = await locatePython();
    const [program, ...args] = python.command('social');
    const [first, second] = (await freePorts(2)) as [number, number];
    const hosts = `127.0.0.1:${first},127.0.0.1:${second}`;
    const env = {
      ...python.env('social'),
      SOCIAL_DATABASE_URL: `postgres://tearline_social:x@${hosts}/tearline`,
      AUTH_JWKS: environmentOf(jobs().pid)['AUTH_JWKS'],
      RPC_SECRET: 'a secret between these hosts',
      IDENTITY_RPC_ADDRESSES: '127.0.0.1:1',
    };
    const said = await new Promise<string>((found) =>
      execFile(program, args, { env }, (error, _, stderr) => found(`${error?.code} ${stderr}`)),
    );
    expect(said).toMatch(/^1 social did not start: the database of 'social' does not answer: /);
    for (const port of [first, second]) expect(said).toContain(`127.0.0.1:${port}: `);
  });
});
