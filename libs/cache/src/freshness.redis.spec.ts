import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { cached } from './index.js';
import { Ground, type Host, Note, NOTE, noteTag, readsOf } from './ground.fixture.js';

const ground = new Ground();
let host: Host;
let other: Host;
beforeAll(async () => {
  await ground.start();
  [host, other] = await Promise.all([ground.host(), ground.host()]);
});
afterAll(() => ground.stop());

const WITHIN = { timeout: 10_000, interval: 5 };

it('what is due is given out once more while it is fetched anew, behind the reader', async () => {
  const brief = cached('notes.brief', { schema: Note, of: ['notes'], freshMs: 100, staleMs: 60_000 });
  const read = () => host.as({}, () => host.notes.read('brief', brief));
  await host.as({}, () => host.notes.write('brief', 'one'));
  await read();
  // As when a process dies between its commit and telling anybody.
  await host.as({}, () => host.notes.write('brief', 'two', false));
  expect(await read()).toBe('one');
  await expect.poll(read, WITHIN).toBe('two');
  const counts = host.cache.counts.get('notes.brief')!;
  expect(counts.stale).toBeGreaterThan(0);
  await expect.poll(() => counts.refreshed, WITHIN).toBeGreaterThan(0);
});

it('what is long over is not given out', async () => {
  const brief = cached('notes.over', { schema: Note, of: ['notes'], freshMs: 50, staleMs: 0 });
  const read = () => host.as({}, () => host.notes.read('over', brief));
  await host.as({}, () => host.notes.write('over', 'one'));
  await read();
  await host.as({}, () => host.notes.write('over', 'two', false));
  await expect.poll(read, WITHIN).toBe('two');
  expect(host.cache.counts.get('notes.over')!.stale).toBe(0);
});

it('a release does not read what another one has kept in another shape', async () => {
  const former = cached('notes.shaped', { schema: Note, of: ['notes'] });
  const next = cached('notes.shaped', { schema: Note.extend({ text: z.string().min(1) }), of: ['notes'] });
  const changed = cached('notes.shaped', { schema: Note, of: ['notes'], version: 2 });
  expect(new Set([former, next, changed].map(({ prefix }) => prefix)).size).toBe(3);
  expect(cached('notes.shaped', { schema: Note.clone(), of: ['notes'] }).prefix).toBe(former.prefix);
});

it('what Redis holds is read only if it is what it should be', async () => {
  await host.as({}, () => host.notes.write('shape', 'one'));
  await host.as({}, () => host.notes.write('something', 'else'));
  const readOn = (on: Host) => on.as({}, () => on.notes.read('shape'));
  await expect
    .poll(async () => {
      await readOn(host);
      const before = host.notes.loads;
      await readOn(host);
      return host.notes.loads - before;
    }, WITHIN)
    .toBe(0);
  const { createClient } = await import('@keyv/redis');
  const redis = createClient({ url: ground.redis.url });
  await redis.connect();
  const key = `tearline:cache:${NOTE.prefix}shape`;
  const kept = JSON.parse((await redis.get(key))!) as { value: { text: string } };
  kept.value.text = '{"name":7}';
  await redis.set(key, JSON.stringify(kept));
  await redis.close();
  expect(await readOn(other)).toBe('one');
  expect(readsOf(other)['redis']).toBe(0);
});

it('without Redis it is kept in memory, and others hear of changes all the same', async () => {
  const [one, two] = await Promise.all([
    ground.host({ mode: 'memory', redisUrl: undefined }),
    ground.host({ mode: 'memory', redisUrl: undefined }),
  ]);
  await one.as({}, () => one.notes.write('memory', 'one'));
  for (const each of [one, two]) expect(await each.as({}, () => each.notes.read('memory'))).toBe('one');
  await one.as({}, () => one.notes.write('memory', 'two'));
  expect(await one.as({}, () => one.notes.read('memory'))).toBe('two');
  await expect.poll(() => two.as({}, () => two.notes.read('memory')), WITHIN).toBe('two');
  const before = one.notes.loads;
  await one.as({}, () => one.notes.read('memory'));
  expect(one.notes.loads).toBe(before);
});

it('that is off gives what the database has, and keeps nothing', async () => {
  const off = await ground.host({ mode: 'off' });
  await off.as({}, () => off.notes.write('off', 'one'));
  await off.as({}, () => off.notes.read('off'));
  await off.as({}, () => off.notes.write('off', 'two', false));
  expect(await off.as({}, () => off.notes.read('off'))).toBe('two');
  expect(readsOf(off)).toMatchObject({ memory: 0, redis: 0, bypassed: 2 });
});

it('a value made of another is as old as that', async () => {
  const outer = cached('notes.outer', { schema: z.string(), of: ['notes'] });
  const readOuter = (caller: object) =>
    host.as(caller, () =>
      host.cache.value(outer, 'k', [noteTag('inner')], async () => (await host.notes.read('inner')) ?? null),
    );
  await host.as({}, () => host.notes.write('inner', 'one'));
  await host.as({}, () => host.notes.write('something', 'else'));
  await expect
    .poll(async () => {
      await readOuter({});
      const before = host.notes.loads;
      await readOuter({});
      return host.notes.loads - before;
    }, WITHIN)
    .toBe(0);
  const jar = {};
  await other.as({ jar }, () => other.notes.write('inner', 'two', false));
  expect(await readOuter({})).toBe('one');
  expect(await readOuter({ jar })).toBe('two');
});
