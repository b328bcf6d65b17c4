import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Ground, type Host, Note, noteTag, readsOf } from './ground.fixture.js';
import { cached } from './index.js';

const ground = new Ground();
let host: Host;
let other: Host;
let unheard: Host;
let number = 0;
let name: string;

beforeAll(async () => {
  await ground.start();
  // The third one hears of nothing.
  [host, other, unheard] = await Promise.all([
    ground.host(),
    ground.host(),
    ground.host({ broadcaster: undefined }),
  ]);
});
afterAll(() => ground.stop());
beforeEach(() => {
  name = `note ${(number += 1)}`;
});

const WITHIN = { timeout: 10_000, interval: 5 };
const read = (on: Host, caller = {}) => on.as(caller, () => on.notes.read(name));
const write = (text: string, on = host, caller = {}, tells = true) =>
  on.as(caller, () => on.notes.write(name, text, tells));
const loadsOf = async (on: Host, work: () => Promise<unknown>) => {
  const before = on.notes.loads;
  await work();
  return on.notes.loads - before;
};

/** Reads until that needs no load any more: right after a write it is not known yet what a load shows. */
async function untilKept(on: Host, caller = {}): Promise<void> {
  await expect.poll(() => loadsOf(on, () => read(on, caller)), WITHIN).toBe(0);
}

describe('a value', () => {
  it('is loaded once, for the other hosts too', async () => {
    await write('one');
    await read(host);
    await untilKept(host);
    expect(await read(host)).toBe('one');
    await expect.poll(() => loadsOf(other, () => read(other)), WITHIN).toBe(0);
    expect(await read(other)).toBe('one');
    expect(readsOf(other)['redis']).toBeGreaterThan(0);
  });

  it('that is not there is remembered as well, until it is', async () => {
    expect(await read(host)).toBeUndefined();
    expect(await loadsOf(host, () => read(host))).toBe(0);
    await write('there');
    expect(await read(host)).toBe('there');
  });

  it('is what was written last, for everybody on the host that wrote, at once', async () => {
    await write('one');
    await untilKept(host);
    await write('two');
    expect(await read(host)).toBe('two');
  });

  it('is so soon for everybody elsewhere', async () => {
    await write('one');
    await untilKept(host);
    await untilKept(other);
    await write('two');
    await expect.poll(() => read(other), { timeout: 5_000, interval: 1 }).toBe('two');
  });

  it('is not put back by a load that began before it changed', async () => {
    await write('one');
    host.notes.onLoaded = async () => {
      host.notes.onLoaded = undefined;
      await write('two', other);
    };
    expect(await read(host)).toBe('one');
    await expect.poll(() => read(host), { timeout: 5_000, interval: 1 }).toBe('two');
    for (const each of [host, other, unheard]) expect(await read(each)).toBe('two');
  });
});

it('what has changed before the first load is kept after the second one, though nobody writes', async () => {
  const outer = cached('notes.late', { schema: Note, of: ['notes'] });
  const readOuter = () =>
    host.as({}, () =>
      host.cache.value(outer, name, [], async (depend) => {
        const text = await host.notes.read(name);
        depend(noteTag(name));
        return { name, text: text! };
      }),
    );
  await write('one');
  for (let times = 0; times < 3; times += 1) await readOuter();
  expect(host.cache.counts.get('notes.late')!.reads).toMatchObject({ loaded: 2, memory: 1 });
});

describe('who has written reads it', () => {
  it.each<[string, () => { caller: object; reader: object }]>([
    ['as somebody with a name', () => ({ caller: { principal: 'ada' }, reader: { principal: 'ada' } })],
    [
      'with a token',
      () => {
        const jar = {};
        return { caller: { jar }, reader: { jar } };
      },
    ],
  ])('%s, on a host that has heard of nothing', async (_, callers) => {
    const { caller, reader } = callers();
    await write('one');
    await untilKept(unheard);
    // Nobody is told, as when a process dies between its commit and what follows.
    await write('two', host, caller, false);
    expect(await read(unheard)).toBe('one');
    expect(await read(unheard, reader)).toBe('two');
    expect(await read(host, reader)).toBe('two');
    expect(await read(unheard, { level: 'strong' })).toBe('two');
  });

  it('from the cache again, as soon as that shows it', async () => {
    const jar = {};
    await write('one', host, { jar });
    // Anybody's write moves the log on.
    await host.as({}, () => host.notes.write('another', 'x'));
    await untilKept(host, { jar });
    expect(await read(host, { jar })).toBe('one');
  });
});

describe('readers at the same time', () => {
  it('make one load together, over all hosts', async () => {
    await write('one');
    const before = host.notes.loads + other.notes.loads;
    host.notes.slowness = other.notes.slowness = 0.3;
    const reads = Array.from({ length: 1_000 }, (_, index) => read(index % 2 ? host : other));
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['one']));
    host.notes.slowness = other.notes.slowness = 0;
    expect(host.notes.loads + other.notes.loads - before).toBe(1);
  });

  it('fail together when the load fails, and the next one tries again', async () => {
    host.notes.onLoaded = () => Promise.reject(new Error('as it happens'));
    const results = await Promise.allSettled([read(host), read(host)]);
    host.notes.onLoaded = undefined;
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read(host)).toBeUndefined();
  });
});
