import { manifests } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { articlePath, profilePath, publish, register } from '../support/conduit.js';
import { type HostProcess, type RunningTopology, startTopology } from '../support/running-topology.js';
import { startLoad } from './load.js';
import { isAlive } from './processes.js';

/** Few enough that a process which starts finds a core, which takes most of the time of these tests. */
const people = 4;
const requests = Number(process.env['LOAD_REQUESTS'] ?? 3_000);
const patiently = { timeout: 60_000, interval: 20 };
const minutes = 60_000;

const isReady = (url: string) =>
  fetch(`${url}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );

/** Ends a process and waits until another one does its work. */
async function replace({ pid, url }: HostProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  await expect.poll(() => isAlive(pid), patiently).toBe(false);
  await expect.poll(() => isReady(url), patiently).toBe(true);
}

describe('two replicas of each host', () => {
  let topology: RunningTopology;

  beforeAll(async () => {
    topology = await startTopology('microservices', {
      args: manifests.flatMap(({ name: host }) => ['--replicas', `${host}=2`]),
    });
  });
  afterAll(() => topology.stop());

  it(
    'are replaced one after the other, and no request is lost',
    async () => {
      const load = await startLoad(topology.url, people, 'reads and writes');
      await expect.poll(load.count, patiently).toBeGreaterThan(200);
      for (const host of topology.hosts) await replace(host, 'SIGTERM');
      await expect.poll(load.count, { ...patiently, timeout: 5 * minutes }).toBeGreaterThan(requests);
      expect(await load.stop()).toEqual([]);
    },
    10 * minutes,
  );
});

describe('one of two replicas that is killed', () => {
  let topology: RunningTopology;

  beforeAll(async () => {
    topology = await startTopology('--alone=articles', {
      args: ['--replicas', 'articles=2', '--replicas', 'app=2'],
    });
  });
  afterAll(() => topology.stop());

  it(
    'costs no reader anything',
    async () => {
      const load = await startLoad(topology.url, people, 'reads');
      await expect.poll(load.count, patiently).toBeGreaterThan(200);
      for (const name of ['articles.1', 'app.1'])
        await replace(
          topology.hosts.find((host) => host.name === name)!,
          'SIGKILL',
        );
      const so = load.count();
      await expect.poll(load.count, patiently).toBeGreaterThan(so + 200);
      expect(await load.stop()).toEqual([]);
    },
    5 * minutes,
  );
});

describe('a host that hangs', () => {
  const deadline = 3_000;
  let topology: RunningTopology;

  beforeAll(async () => {
    topology = await startTopology('microservices', { env: { REQUEST_TIMEOUT_MS: String(deadline) } });
  });
  afterAll(() => topology.stop());

  it('costs its callers their deadline, and others nothing', async () => {
    const author = await register(new Api(topology.url));
    const path = articlePath((await publish(author)).slug);
    expect((await author.api.get(`${path}/comments`)).status).toBe(200);
    const { pid } = topology.hosts.find(({ name }) => name === 'articles.1')!;
    process.kill(pid, 'SIGSTOP');
    try {
      for (let turn = 0; turn < 5; turn += 1) {
        const started = performance.now();
        const [comments, profile, user] = await Promise.all([
          author.api.get(`${path}/comments`),
          author.api.get(profilePath(author.username)),
          author.api.get('/api/user'),
        ]);
        expect([503, 504]).toContain(comments.status);
        expect([profile.status, user.status]).toEqual([200, 200]);
        expect(performance.now() - started).toBeLessThan(2 * deadline);
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expect.poll(async () => (await author.api.get(`${path}/comments`)).status, patiently).toBe(200);
  });
});
