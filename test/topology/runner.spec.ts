import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddedUrl } from '../../libs/embedded/src/index.js';
import { Api } from '../support/api-client.js';
import { publish, register } from '../support/conduit.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';
import { childrenOf, commandOf, isAlive } from './processes.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(repository, 'dist/apps/topology/src/main.js');
const patiently = { timeout: 30_000 };

/** Everything that a running topology consists of. */
function partsOf({ pid, hosts, nginx }: RunningTopology) {
  const command = commandOf(nginx);
  return {
    pids: [pid, nginx, ...childrenOf(nginx), ...hosts.map((host) => host.pid)],
    folder: command[command.indexOf('-p') + 1]!,
  };
}

describe('a running topology', () => {
  let dir: string;
  let topology: RunningTopology;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runner-'));
    chmodSync(dir, 0o755);
    topology = await startTopology('--alone=articles', { dir, args: ['--replicas', 'articles=2'] });
  });
  afterEach(async () => {
    await topology.kill();
    await vi.waitUntil(async () => (await embeddedUrl(dir)) === undefined, patiently);
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it('runs the configured number of processes', () => {
    expect(topology.hosts.map(({ name }) => name)).toEqual(['app.1', 'articles.1', 'articles.2']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s', async (signal) => {
    const { pids, folder } = partsOf(topology);
    expect(pids.every(isAlive)).toBe(true);
    expect(await topology.stop(signal)).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(await embeddedUrl(dir)).toBeUndefined();
  });

  it('leaves nothing behind when the runner is killed', async () => {
    const { pids, folder } = partsOf(topology);
    await topology.kill();
    await expect.poll(() => pids.filter(isAlive), patiently).toEqual([]);
    await expect.poll(() => existsSync(folder), patiently).toBe(false);
    await expect.poll(() => embeddedUrl(dir), patiently).toBeUndefined();
  });

  it('starts a process again that dies, nginx too', async () => {
    const api = new Api(topology.url);
    const { slug } = await publish(await register(api));
    for (const host of topology.hosts) process.kill(host.pid, 'SIGKILL');
    await expect.poll(async () => (await api.get(`/api/articles/${slug}`)).status, patiently).toBe(200);
    await expect.poll(async () => (await api.get('/api/profiles/unknown')).status, patiently).toBe(404);

    process.kill(topology.nginx, 'SIGKILL');
    const status = () =>
      api.get(`/api/articles/${slug}`).then(
        (reply) => reply.status,
        () => 0,
      );
    await expect.poll(() => isAlive(topology.nginx)).toBe(false);
    await expect.poll(status, patiently).toBe(200);
    expect(await topology.stop()).toBe(0);
  });
});

/** Runs the command line to its end. */
async function runner(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: repository,
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, error };
}

describe('the command line', () => {
  it('explains a topology without running it, and without nginx', async () => {
    const { code, out } = await runner(['microservices', '--explain'], { PATH: '/nowhere' });
    expect(code).toBe(0);
    expect(out).toContain("Topology 'microservices': 6 hosts, 6 processes, behind nginx");
    expect(out).toContain('flowchart LR');
  });

  it.each([
    [['mikroservices'], "no topology 'mikroservices'; did you mean 'microservices'?\n"],
    [
      ['--alone', 'articles', '--replicas', 'article=2'],
      "topology 'articles-alone' has no host 'article'; did you mean 'articles'?\n",
    ],
    [['media', '--alone', 'social'], 'expected one topology, not --alone too\n'],
    [['--alone', 'article'], "no module 'article'; did you mean 'articles'?\n"],
    [['--replica'], "unknown option '--replica'"],
    [[], 'expected one topology, or --alone <module>\n'],
  ])('refuses %j', async (args, message) => {
    const { code, error } = await runner(args);
    expect([code, error]).toEqual([2, expect.stringContaining(message)]);
  });

  it('says where a file is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runner-'));
    const file = join(folder, 'mine.yaml');
    writeFileSync(
      file,
      'hosts:\n  app: { modules: [identity, social, comments, notifications, media] }\n  it: { modules: [artcles] }\n',
    );
    const { code, error } = await runner([file]);
    expect([code, error.split('\n')[1]]).toEqual([
      2,
      `${file}:3:19: host 'it' has the unknown module 'artcles'; did you mean 'articles'?`,
    ]);
    rmSync(folder, { recursive: true });
  });

  it('says how to get nginx where there is none', async () => {
    const { code, error } = await runner(['monolith'], { PATH: '/nowhere' });
    expect([code, error]).toEqual([
      2,
      expect.stringMatching(/^nginx is (not installed|installed as .*, but not in PATH)/),
    ]);
  });

  it('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, error } = await runner(['monolith'], { PORT: String(port), HOST: '127.0.0.1' });
    server.close();
    expect([code, error]).toEqual([2, expect.stringMatching(`^PORT: cannot listen on 127.0.0.1:${port} `)]);
  });
});
