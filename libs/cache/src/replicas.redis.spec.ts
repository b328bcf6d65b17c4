import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Ground, type Host } from './ground.fixture.js';

const ground = new Ground();
let host: Host;
let other: Host;

beforeAll(async () => {
  await ground.start(1);
  [host, other] = await Promise.all([ground.host(), ground.host()]);
});
afterEach(() => ground.embedded.replicas[0]!.delay(0));
afterAll(() => ground.stop());

const WITHIN = { timeout: 10_000, interval: 10 };
const read = (on: Host, name: string, caller = {}) => on.as(caller, () => on.notes.read(name));
const write = (on: Host, name: string, text: string, caller = {}) =>
  on.as(caller, () => on.notes.write(name, text));

it('what a replica that is behind shows is not kept once the change was heard of', async () => {
  await write(host, 'one', 'old');
  await expect.poll(() => read(other, 'one'), WITHIN).toBe('old');
  await ground.embedded.replicas[0]!.delay(10_000);
  await write(host, 'one', 'new');
  // At once where it was written, soon elsewhere, and at no time old again.
  expect(await read(host, 'one')).toBe('new');
  await expect.poll(() => read(other, 'one'), { timeout: 5_000, interval: 1 }).toBe('new');
  for (let index = 0; index < 20; index += 1)
    expect([await read(host, 'one'), await read(other, 'one')]).toEqual(['new', 'new']);
});

it('who has written reads it, whatever the replica shows and others keep', async () => {
  await write(host, 'two', 'old');
  await expect.poll(() => read(other, 'two'), WITHIN).toBe('old');
  await ground.embedded.replicas[0]!.delay(10_000);
  const ada = { principal: 'ada' };
  await host.as(ada, () => host.notes.write('two', 'new', false));
  expect(await read(other, 'two')).toBe('old');
  expect(await read(other, 'two', ada)).toBe('new');
  expect(await read(host, 'two', ada)).toBe('new');
});
