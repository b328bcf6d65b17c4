import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CacheTestEnvironment, type Host } from './test-environment.fixture.js';

const environment = new CacheTestEnvironment();
let host: Host;
let other: Host;

beforeAll(async () => {
  await environment.start(1);
  [host, other] = await Promise.all([environment.host(), environment.host()]);
});
afterEach(() => environment.embedded.replicas[0]!.delay(0));
afterAll(() => environment.stop());

const WITHIN = { timeout: 10_000, interval: 10 };
const read = (on: Host, name: string, caller = {}) => on.as(caller, () => on.notes.read(name));
const write = (on: Host, name: string, text: string, caller = {}) =>
  on.as(caller, () => on.notes.write(name, text));

it('data of a lagging replica is not cached after the invalidation', async () => {
  await write(host, 'one', 'old');
  await expect.poll(() => read(other, 'one'), WITHIN).toBe('old');
  await environment.embedded.replicas[0]!.delay(10_000);
  await write(host, 'one', 'new');
  // At once on the host that wrote, soon elsewhere, and never the old value again.
  expect(await read(host, 'one')).toBe('new');
  await expect.poll(() => read(other, 'one'), { timeout: 5_000, interval: 1 }).toBe('new');
  for (let index = 0; index < 20; index += 1)
    expect([await read(host, 'one'), await read(other, 'one')]).toEqual(['new', 'new']);
});

it('a writer reads its own write despite a lagging replica and stale entries', async () => {
  await write(host, 'two', 'old');
  await expect.poll(() => read(other, 'two'), WITHIN).toBe('old');
  await environment.embedded.replicas[0]!.delay(10_000);
  const ada = { principal: 'ada' };
  await host.as(ada, () => host.notes.write('two', 'new', false));
  expect(await read(other, 'two')).toBe('old');
  expect(await read(other, 'two', ada)).toBe('new');
  expect(await read(host, 'two', ada)).toBe('new');
});

it.each([
  [
    'with an entry in Redis',
    async () => {
      await expect.poll(() => read(other, 'with an entry in Redis'), WITHIN).toBe('old');
    },
  ],
  ['without one', async () => undefined],
])(
  'a process that missed the broadcast loads the change that Redis knows of, %s, despite a lagging replica',
  async (name, prepare) => {
    const isolated = await environment.host({ broadcaster: undefined });
    await write(host, name, 'old');
    await prepare();
    await environment.embedded.replicas[0]!.delay(10_000);
    await write(host, name, 'new');
    expect([await read(isolated, name), await read(isolated, name)]).toEqual(['new', 'new']);
  },
);
