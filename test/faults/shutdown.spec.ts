import { expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { register } from '../support/conduit.js';
import { startApp } from '../support/running-app.js';

const LOGINS = 20;

it('answers every request under way after SIGTERM, then ends', async () => {
  const app = await startApp();
  const api = new Api(app.url);
  const { email, password } = await register(api);
  // Passwords are hashed a few at a time, so all but the first are still waiting when the first is answered.
  const logins = Array.from({ length: LOGINS }, () =>
    api.post('/api/users/login', { user: { email, password } }),
  );
  await Promise.race(logins);
  const exit = app.stop('SIGTERM');
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual(Array<number>(LOGINS).fill(200));
  expect(await exit).toBe(0);
  await expect(api.get('/health/live')).rejects.toThrow('fetch failed');
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
