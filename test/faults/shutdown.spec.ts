import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { register } from '../support/conduit.js';
import { startApp } from '../support/running-app.js';

const LOGINS = 20;

/** A login that says when the server has taken it up: it asks before it sends its body (RFC 9110, 10.1.1). */
function login(url: string, user: { email: string; password: string }) {
  const sent = request(`${url}/api/users/login`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', expect: '100-continue' },
  });
  const status = once(sent, 'response').then(([response]: IncomingMessage[]) => {
    response!.resume();
    return response!.statusCode;
  });
  const taken = once(sent, 'continue');
  sent.flushHeaders();
  return { taken, status, finish: () => sent.end(JSON.stringify({ user })) };
}

it('answers every request under way after SIGTERM, then ends', async () => {
  const app = await startApp();
  const { email, password } = await register(new Api(app.url));
  // Passwords are hashed a few at a time, so most of them are still waiting when the signal comes.
  const logins = Array.from({ length: LOGINS }, () => login(app.url, { email, password }));
  await Promise.all(logins.map(({ taken }) => taken));
  for (const { finish } of logins) finish();
  const exit = app.stop('SIGTERM');
  expect(await Promise.all(logins.map(({ status }) => status))).toEqual(Array<number>(LOGINS).fill(200));
  expect(await exit).toBe(0);
  await expect(new Api(app.url).get('/health/live')).rejects.toThrow('fetch failed');
});

it('ends at once on a second signal, whatever is under way', async () => {
  const app = await startApp();
  const api = new Api(app.url);
  const { email, password } = await register(api);
  const logins = Array.from({ length: 5 * LOGINS }, () =>
    api.post('/api/users/login', { user: { email, password } }),
  );
  const settled = Promise.allSettled(logins);
  await Promise.race(logins);
  process.kill(app.pid, 'SIGTERM');
  await expect.poll(() => app.logs().some((line) => line.includes('"msg":"closing"'))).toBe(true);
  process.kill(app.pid, 'SIGINT');
  expect(await app.exited).toBe(1);
  expect((await settled).map(({ status }) => status)).toContain('rejected');
});

it('ends when `npm start` is asked to, with its exit code', { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-npm-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const { PATH, HOME } = process.env;
  const npm = spawn('npm', ['start', '--', '--replicas', '0'], {
    env: {
      PATH,
      HOME,
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_FORMAT: 'json',
      TEARLINE_DIR: dir,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void npm.kill('SIGKILL'));
  const exited = once(npm, 'exit');
  let monolith: number | undefined;
  for await (const line of createInterface(npm.stdout)) {
    if (!line.includes('"msg":"listening"')) continue;
    monolith = (JSON.parse(line) as { pid: number }).pid;
    npm.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
  expect(() => process.kill(monolith!, 0)).toThrow('ESRCH');
});
