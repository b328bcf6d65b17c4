import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CacheTestEnvironment, type Host, Note, noteTag, readsOf } from './test-environment.fixture.js';
import { defineCache } from './index.js';

const environment = new CacheTestEnvironment();
let host: Host;
let other: Host;
let isolated: Host;
let number = 0;
let name: string;

beforeAll(async () => {
  await environment.start();
  // The third one receives no broadcasts.
  [host, other, isolated] = await Promise.all([
    environment.host(),
    environment.host(),
    environment.host({ broadcaster: undefined }),
  ]);
});
afterAll(() => environment.stop());
beforeEach(() => {
  name = `note ${(number += 1)}`;
});

const WITHIN = { timeout: 10_000, interval: 5 };
const read = (on: Host, caller = {}) => on.as(caller, () => on.notes.read(name));
const write = (text: string, on = host, caller = {}, invalidates = true) =>
  on.as(caller, () => on.notes.write(name, text, invalidates));
const loadsOf = async (on: Host, work: () => Promise<unknown>) => {
  const before = on.notes.loads;
  await work();
  return on.notes.loads - before;
};

/** Reads until no load is needed: right after a write the position of a load may still be unknown. */
async function untilCached(on: Host, caller = {}): Promise<void> {
  await expect.poll(() => loadsOf(on, () => read(on, caller)), WITHIN).toBe(0);
}

describe('a value', () => {
  it('is loaded once for all hosts', async () => {
    await write('one');
    await read(host);
    await untilCached(host);
    expect(await read(host)).toBe('one');
    await expect.poll(() => loadsOf(other, () => read(other)), WITHIN).toBe(0);
    expect(await read(other)).toBe('one');
    const { redis, memory } = readsOf(other);
    expect(redis).toBeGreaterThan(0);
    await read(other);
    expect(readsOf(other)).toMatchObject({ redis, memory: memory! + 1 });
  });

  it('that does not exist is cached as absent, until it is written', async () => {
    expect(await read(host)).toBeUndefined();
    expect(await loadsOf(host, () => read(host))).toBe(0);
    await write('there');
    expect(await read(host)).toBe('there');
  });

  it('is invalidated on the host that wrote before the write returns', async () => {
    await write('one');
    await untilCached(host);
    await write('two');
    expect(await read(host)).toBe('two');
  });

  it('is invalidated soon after on other hosts', async () => {
    await write('one');
    await untilCached(host);
    await untilCached(other);
    await write('two');
    await expect.poll(() => read(other), { timeout: 5_000, interval: 1 }).toBe('two');
  });

  it('is not overwritten by a load that started before the invalidation', async () => {
    await write('one');
    host.notes.onLoaded = async () => {
      host.notes.onLoaded = undefined;
      await write('two', other);
    };
    expect(await read(host)).toBe('one');
    await expect.poll(() => read(host), { timeout: 5_000, interval: 1 }).toBe('two');
    for (const each of [host, other, isolated]) expect(await read(each)).toBe('two');
  });
});

it('a load learns the versions of tags that it adds, so the second load is cached', async () => {
  const outer = defineCache('notes.late', { schema: Note, modules: ['notes'] });
  const readOuter = () =>
    host.as({}, () =>
      host.cache.value(outer, name, [], async (addTags) => {
        const text = await host.notes.read(name);
        addTags(noteTag(name));
        return { name, text: text! };
      }),
    );
  await write('one');
  for (let times = 0; times < 3; times += 1) await readOuter();
  expect(host.cache.counters.get('notes.late')!.reads).toMatchObject({ loaded: 2, memory: 1 });
});

it('a process that missed an invalidation without a position stores entries in Redis that include it', async () => {
  await write('one', host, {}, false);
  // Outside a call the position is unknown.
  await host.cache.invalidate(noteTag(name));
  expect(await loadsOf(isolated, () => read(isolated))).toBe(1);
  expect(await loadsOf(other, () => read(other))).toBe(0);
});

it('an entry in Redis is not served by a process that knows another invalidation than the last, both without a position', async () => {
  await write('one', host, {}, false);
  // Outside a call the position is unknown.
  await isolated.cache.invalidate(noteTag(name));
  expect(await read(other)).toBe('one');
  await write('two', host, {}, false);
  await host.cache.invalidate(noteTag(name));
  expect(await read(isolated)).toBe('two');
});

describe('a writer reads its own write', () => {
  it.each<[string, () => { caller: object; reader: object }]>([
    ['by its principal', () => ({ caller: { principal: 'ada' }, reader: { principal: 'ada' } })],
    [
      'by its token',
      () => {
        const jar = {};
        return { caller: { jar }, reader: { jar } };
      },
    ],
  ])('%s, on a host that missed the invalidation', async (_, callers) => {
    const { caller, reader } = callers();
    await write('one');
    await untilCached(isolated);
    // As when a process dies between its commit and the invalidation.
    await write('two', host, caller, false);
    expect(await read(isolated)).toBe('one');
    expect(await read(isolated, reader)).toBe('two');
    expect(await read(host, reader)).toBe('two');
    expect(await read(isolated, { level: 'strong' })).toBe('two');
  });

  it('from the cache again, once that includes it', async () => {
    const jar = {};
    await write('one', host, { jar });
    // Any write advances the WAL.
    await host.as({}, () => host.notes.write('another', 'x'));
    await untilCached(host, { jar });
    expect(await read(host, { jar })).toBe('one');
  });
});

describe('concurrent readers', () => {
  it('share one load, over all hosts', async () => {
    await write('one');
    const before = host.notes.loads + other.notes.loads;
    host.notes.delaySeconds = other.notes.delaySeconds = 0.3;
    const reads = Array.from({ length: 1_000 }, (_, index) => read(index % 2 ? host : other));
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['one']));
    host.notes.delaySeconds = other.notes.delaySeconds = 0;
    expect(host.notes.loads + other.notes.loads - before).toBe(1);
  });

  it('fail together when the load fails, and the next reader tries again', async () => {
    host.notes.onLoaded = () => Promise.reject(new Error('load failed'));
    const results = await Promise.allSettled([read(host), read(host)]);
    host.notes.onLoaded = undefined;
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read(host)).toBeUndefined();
  });
});
