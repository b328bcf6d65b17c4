import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache } from './index.js';
import { CacheTestEnvironment, type Host, Note, NOTE, noteTag, readsOf } from './test-environment.fixture.js';

const environment = new CacheTestEnvironment();
let host: Host;
let other: Host;
beforeAll(async () => {
  await environment.start();
  [host, other] = await Promise.all([environment.host(), environment.host()]);
});
afterAll(() => environment.stop());

const WITHIN = { timeout: 10_000, interval: 5 };

it('a stale entry is served once more while it is reloaded in the background', async () => {
  const brief = defineCache('notes.brief', {
    schema: Note,
    modules: ['notes'],
    ttlMs: 100,
    staleWhileRevalidateMs: 60_000,
  });
  const read = () => host.as({}, () => host.notes.read('brief', brief));
  await host.as({}, () => host.notes.write('brief', 'one'));
  await read();
  // As when a process dies between its commit and the invalidation.
  await host.as({}, () => host.notes.write('brief', 'two', false));
  expect(await read()).toBe('one');
  await expect.poll(read, WITHIN).toBe('two');
  const counts = host.cache.counters.get('notes.brief')!;
  expect(counts.staleReads).toBeGreaterThan(0);
  await expect.poll(() => counts.refreshes, WITHIN).toBeGreaterThan(0);
});

it('an entry is not served after its stale period', async () => {
  const brief = defineCache('notes.over', {
    schema: Note,
    modules: ['notes'],
    ttlMs: 50,
    staleWhileRevalidateMs: 0,
  });
  const read = () => host.as({}, () => host.notes.read('over', brief));
  await host.as({}, () => host.notes.write('over', 'one'));
  await read();
  await host.as({}, () => host.notes.write('over', 'two', false));
  await expect.poll(read, WITHIN).toBe('two');
  expect(host.cache.counters.get('notes.over')!.staleReads).toBe(0);
});

it('caches of another schema or format version have other keys', async () => {
  const former = defineCache('notes.shaped', { schema: Note, modules: ['notes'] });
  const next = defineCache('notes.shaped', {
    schema: Note.extend({ text: z.string().min(1) }),
    modules: ['notes'],
  });
  const changed = defineCache('notes.shaped', { schema: Note, modules: ['notes'], formatVersion: 2 });
  expect(new Set([former, next, changed].map(({ keyPrefix }) => keyPrefix)).size).toBe(3);
  expect(defineCache('notes.shaped', { schema: Note.clone(), modules: ['notes'] }).keyPrefix).toBe(
    former.keyPrefix,
  );
});

it('an entry in Redis is used only if it matches the schema', async () => {
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
  const redis = new Redis(environment.redis.url);
  const key = `tearline-0:cache:entry:${NOTE.keyPrefix}shape`;
  const kept = JSON.parse((await redis.get(key))!) as { text: string };
  kept.text = '{"name":7}';
  await redis.set(key, JSON.stringify(kept));
  redis.disconnect();
  expect(await readOn(other)).toBe('one');
  expect(readsOf(other)['redis']).toBe(0);
});

it('an entry is in Redis no longer than the versions of its tags', async () => {
  const lasting = defineCache('notes.lasting', { schema: Note, modules: ['notes'], ttlMs: 3_600_000 });
  await host.as({}, () => host.notes.write('lasting', 'one'));
  await host.as({}, () => host.notes.read('lasting', lasting));
  const redis = new Redis(environment.redis.url);
  const [entryTtl, versionTtl] = [
    await redis.pttl(`tearline-0:cache:entry:${lasting.keyPrefix}lasting`),
    await redis.pttl(`tearline-0:cache:tag:${noteTag('lasting')}`),
  ];
  redis.disconnect();
  expect(entryTtl).toBeGreaterThan(60_000);
  expect(versionTtl).toBeGreaterThan(entryTtl);
});

it('without Redis entries are in memory, and broadcasts invalidate them in other processes', async () => {
  const [one, two] = await Promise.all([
    environment.host({ mode: 'memory', redisUrl: undefined }),
    environment.host({ mode: 'memory', redisUrl: undefined }),
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

it('a cache that is off loads every value', async () => {
  const off = await environment.host({ mode: 'off' });
  await off.as({}, () => off.notes.write('off', 'one'));
  await off.as({}, () => off.notes.read('off'));
  await off.as({}, () => off.notes.write('off', 'two', false));
  expect(await off.as({}, () => off.notes.read('off'))).toBe('two');
  expect(readsOf(off)).toMatchObject({ memory: 0, redis: 0, bypassed: 2 });
});

const HOUR_MS = 3_600_000;

it('a value made of a cached value is loaded from the database, so that their ages do not add up', async () => {
  const outer = defineCache('notes.outer', { schema: z.string(), modules: ['notes'], ttlMs: HOUR_MS });
  const readInner = (caller = {}) => host.as(caller, () => host.notes.read('inner'));
  const readOuter = (caller = {}) =>
    host.as(caller, () =>
      host.cache.value(outer, 'k', [noteTag('inner')], async () => (await host.notes.read('inner')) ?? null),
    );
  await host.as({}, () => host.notes.write('inner', 'one', false));
  await readInner();
  await other.as({}, () => other.notes.write('inner', 'two', false));
  expect(await readInner()).toBe('one');
  expect(await readOuter()).toBe('two');
  // A call from a load on another host asks for the watermark of its reads.
  expect(await readInner({ isLoad: true })).toBe('two');
});

it('a value made of a cached value has its positions', async () => {
  const outer = defineCache('notes.around', { schema: z.string(), modules: ['notes'] });
  const readOuter = (caller: object) =>
    host.as(caller, () =>
      host.cache.value(
        outer,
        'k',
        [noteTag('around')],
        async () => (await host.notes.read('around')) ?? null,
      ),
    );
  await host.as({}, () => host.notes.write('around', 'one'));
  await readOuter({});
  const jar = {};
  await other.as({ jar }, () => other.notes.write('around', 'two', false));
  expect(await readOuter({})).toBe('one');
  expect(await readOuter({ jar })).toBe('two');
});

it('the age of a value counts from the start of its load', async () => {
  const brief = defineCache('notes.slow', {
    schema: Note,
    modules: ['notes'],
    ttlMs: 200,
    staleWhileRevalidateMs: 0,
  });
  const read = () => host.as({}, () => host.notes.read('slow', brief));
  await host.as({}, () => host.notes.write('slow', 'one'));
  host.notes.onLoaded = async () => {
    host.notes.onLoaded = undefined;
    await other.as({}, () => other.notes.write('slow', 'two', false));
    await pause(300);
  };
  expect(await read()).toBe('one');
  expect(await read()).toBe('two');
});

it('entries in memory take no more than memoryMib', async () => {
  const small = await environment.host({ mode: 'memory', redisUrl: undefined, memoryMib: 1 });
  const names = Array.from({ length: 12 }, (_, index) => `large ${index}`);
  for (const name of names) {
    await small.as({}, () => small.notes.write(name, 'x'.repeat(100_000)));
    await small.as({}, () => small.notes.read(name));
  }
  const metrics = await small.registry.metrics();
  const bytes = Number(/^cache_memory_bytes (\d+)$/m.exec(metrics)?.[1]);
  expect(bytes).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThanOrEqual(1_048_576);
});
