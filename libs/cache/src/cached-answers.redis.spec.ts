import { type AnswerPart, type AnswerPolicy, currentCall, SeamError } from '@tearline/seam';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache, CachedAnswers } from './index.js';
import { type Caller, CacheTestEnvironment, type Host, noteTag } from './test-environment.fixture.js';

const environment = new CacheTestEnvironment();
type KeepingHost = Host & { readonly answers: CachedAnswers };
/** Hosts that keep the answers of an owner, which reads the notes in the same process. */
let host: KeepingHost;
let other: KeepingHost;

beforeAll(async () => {
  await environment.start(1);
  [host, other] = await Promise.all([open(), open()]);
});
beforeEach(() => {
  isAway = false;
});
afterAll(() => environment.stop());

async function open(): Promise<KeepingHost> {
  const answers = new CachedAnswers();
  return { ...(await environment.host({ answers })), answers };
}

const WITHIN = { timeout: 10_000, interval: 5 };
const MINUTE = 60_000;
let isAway = false;

interface Query {
  readonly keptFor?: number;
  readonly staleIfError?: number;
}
const policies = new Map<string, AnswerPolicy>();
const PAGE = defineCache('notes.page', { schema: z.string(), modules: ['notes'] });

/** A question for notes by their names, which is answered with their texts. */
function questionFor(on: Host, names: readonly string[], { keptFor = MINUTE, staleIfError = 0 }: Query = {}) {
  const method = `texts-${keptFor}-${staleIfError}`;
  const times = { keptFor, absentFor: keptFor, staleIfError };
  const policy = policies.get(method) ?? { contract: 'notes', method, shape: 'string', ...times };
  policies.set(method, policy);
  const asked: string[] = [];
  const ask = async (parts: readonly AnswerPart[]) => {
    asked.push(...parts.map(({ key }) => key));
    if (isAway) throw new SeamError('unavailable');
    const textOf = async ({ key }: AnswerPart) => ({
      json: (await on.notes.uncached(key)) ?? null,
      tags: [],
    });
    return Promise.all(parts.map(textOf));
  };
  return { policy, parts: names.map((key) => ({ key, tags: [noteTag(key)] })), ask, asked };
}

/** Asks as a caller. */
async function read(on: KeepingHost, names: readonly string[], caller: Caller = {}, query: Query = {}) {
  const question = questionFor(on, names, query);
  const result = await on.as(caller, () => on.answers.read(question));
  return { ...result, asked: question.asked };
}

/** Reads a cached page of one note, within a call. The question goes out as a host's does: what the answer is made of is known. */
async function page(on: KeepingHost, name: string, query: Query): Promise<string> {
  const load = async () => {
    const question = questionFor(on, [name], query);
    const { answers, source } = await on.answers.read(question);
    // As the seam does.
    if (source === 'stale') currentCall()!.consistency.recordDegraded('notes');
    return answers[0] as string;
  };
  return (await on.cache.value(PAGE, name, [noteTag(name)], load))!;
}

const write = (on: Host, name: string, text: string, caller: Caller = {}, invalidates = true) =>
  on.as(caller, () => on.notes.write(name, text, invalidates));

it('answers are kept in memory and in Redis, each by itself', async () => {
  await write(host, 'one', '1');
  await write(host, 'two', '2');
  await expect.poll(async () => (await read(host, ['one', 'two', 'none'])).source, WITHIN).toBe('cached');
  expect(await read(host, ['two', 'one', 'none'])).toMatchObject({ answers: ['2', '1', null], asked: [] });
  await write(host, 'three', '3');
  const { asked, answers } = await read(other, ['one', 'three']);
  expect([asked, answers]).toEqual([['three'], ['1', '3']]);
});

it('concurrent callers share the questions', async () => {
  await Promise.all(['a', 'b', 'c'].map((name) => write(host, name, name)));
  const results = await Promise.all([read(host, ['a', 'b']), read(host, ['b', 'c']), read(host, ['a', 'c'])]);
  expect(results.map(({ answers }) => answers)).toEqual([
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'c'],
  ]);
  expect(results.flatMap(({ asked }) => asked).toSorted()).toEqual(['a', 'b', 'c']);
});

it('a writer never gets an answer without the write, even if its invalidation is lost; others get it for keptFor at most', async () => {
  const brief = { keptFor: 1_000 };
  await write(host, 'lost', 'old');
  await expect.poll(async () => (await read(other, ['lost'], {}, brief)).answers, WITHIN).toEqual(['old']);
  const ada = { principal: 'ada' };
  await write(host, 'lost', 'new', ada, false);
  expect((await read(other, ['lost'], {}, brief)).answers).toEqual(['old']);
  expect((await read(other, ['lost'], ada, brief)).answers).toEqual(['new']);
  await write(host, 'lost', 'newer', {}, false);
  await expect.poll(async () => (await read(other, ['lost'], {}, brief)).answers, WITHIN).toEqual(['newer']);
});

it('an invalidation reaches the answers of every host, despite a lagging replica', async () => {
  await write(host, 'told', 'old');
  await expect.poll(async () => (await read(other, ['told'])).answers, WITHIN).toEqual(['old']);
  await environment.embedded.replicas[0]!.delay(10_000);
  await write(host, 'told', 'new');
  expect((await read(host, ['told'])).answers).toEqual(['new']);
  await expect.poll(async () => (await read(other, ['told'])).answers, WITHIN).toEqual(['new']);
  await environment.embedded.replicas[0]!.delay(0);
});

it('an invalidation that is lost while Redis is away shows for keptFor at most', async () => {
  const keptFor = 1_500;
  await write(host, 'outage', 'old');
  const text = async (caller: Caller = {}) => (await read(other, ['outage'], caller, { keptFor })).answers[0];
  await expect.poll(() => text(), WITHIN).toBe('old');
  const loadedBy = Date.now();
  environment.redis.pause();
  const ada = { principal: 'ada' };
  await write(host, 'outage', 'new', ada);
  expect(await text(ada)).toBe('new');
  let askedAt = Date.now();
  let behindFor = 0;
  while ((await text()) === 'old') {
    behindFor = askedAt - loadedBy;
    askedAt = Date.now();
  }
  expect(behindFor).toBeLessThanOrEqual(keptFor);
  expect(await text()).toBe('new');
  environment.redis.resume();
  await expect
    .poll(async () => (await other.registry.metrics()).includes('cache_redis_up 1'), WITHIN)
    .toBe(true);
});

it('a strong caller asks, and so does a load on another host', async () => {
  await write(host, 'strong', 'text');
  await expect.poll(async () => (await read(host, ['strong'])).source, WITHIN).toBe('cached');
  for (const caller of [{ level: 'strong' as const }, { isLoad: true }])
    expect((await read(host, ['strong'], caller)).asked).toEqual(['strong']);
});

it('while the owner is away, stale answers serve: not to strong callers, nor to their own writers, nor for longer', async () => {
  const stale = { keptFor: 50, staleIfError: 60_000 };
  const over = { keptFor: 50, staleIfError: 50 };
  await write(host, 'stale', 'old');
  for (const query of [stale, over])
    expect((await read(host, ['stale'], {}, query)).answers).toEqual(['old']);
  isAway = true;
  await expect.poll(async () => (await read(host, ['stale'], {}, over)).answers, WITHIN).toEqual([undefined]);
  expect(await read(host, ['stale', 'unknown'], {}, stale)).toMatchObject({
    answers: ['old', undefined],
    source: 'stale',
    error: { code: 'unavailable' },
  });
  const strong = await read(host, ['stale'], { level: 'strong' }, stale);
  expect([strong.answers, strong.source]).toEqual([[undefined], 'asked']);
  const eve = { principal: 'eve' };
  await write(host, 'stale', 'new', eve);
  expect((await read(host, ['stale'], eve, stale)).answers).toEqual([undefined]);
  expect((await read(host, ['stale'], {}, stale)).answers).toEqual(['old']);
  isAway = false;
  await expect.poll(async () => (await read(host, ['stale'], {}, stale)).answers, WITHIN).toEqual(['new']);
});

it('a page made of cached answers includes what they include, and lasts no longer than they do', async () => {
  const text = (): Promise<string> => page(host, 'part', { keptFor: 1_000 });
  await write(host, 'part', 'old');
  expect(await host.as({}, text)).toBe('old');
  const joe = { principal: 'joe' };
  await write(host, 'part', 'new', joe, false);
  expect(await host.as(joe, text)).toBe('new');
  await write(host, 'part', 'newer', {}, false);
  await expect.poll(() => host.as({}, text), WITHIN).toBe('newer');
});

it('a page made of stale answers is stored nowhere, and its readers know', async () => {
  const stale = { keptFor: 50, staleIfError: MINUTE };
  const text = () => page(host, 'gone', stale);
  const gil = { principal: 'gil' };
  await write(host, 'gone', 'old', gil);
  // A read of the primary covers what precedes its last write, and a page wants answers that include the invalidation.
  await write(host, 'a later write', 'text');
  await expect.poll(async () => (await read(host, ['gone'], gil, stale)).source, WITHIN).toBe('cached');
  expect(await host.as({}, text)).toBe('old');
  isAway = true;
  const degraded = await host.as({}, async () => {
    const { consistency } = currentCall()!;
    await expect
      .poll(async () => [await text(), consistency.degraded], WITHIN)
      .toEqual(['old', new Set(['notes'])]);
    return [text(), text()];
  });
  expect(await Promise.all(degraded)).toEqual(['old', 'old']);
  isAway = false;
  await write(host, 'gone', 'new', {}, false);
  await expect.poll(() => host.as({}, text), WITHIN).toBe('new');
});
