import { Injectable, Module } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CallContext,
  command,
  Consistency,
  type ConsistencyLevel,
  contract,
  currentCall,
  Implements,
  MemoryAnswerCache,
  query,
  runCall,
  SeamError,
} from '../index.js';
import { openApp, openCallee, openCaller } from '../placement/apps.fixture.js';
import type { AnswerSource } from '../seam-observer.js';

const HOUR = 3_600_000;
const User = z.object({ id: z.int(), name: z.string(), since: z.date() });
type User = z.infer<typeof User>;

const UsersContract = contract('users', {
  byIds: query({
    input: z.object({ ids: z.array(z.int()), of: z.string() }),
    output: z.array(User),
    keep: {
      for: HOUR,
      absentFor: HOUR,
      staleIfError: HOUR,
      each: { of: 'ids', by: 'id' },
      tags: ({ ids }) => ids.map((id) => `users:${id}`),
    },
  }),
  followed: query({
    input: z.object({ among: z.array(z.int()) }),
    output: z.array(z.int()),
    keep: { for: HOUR, absentFor: HOUR, each: { of: 'among' } },
    fallback: () => [],
  }),
  byName: query({
    args: [z.string()],
    output: User.nullable(),
    keep: {
      for: HOUR,
      tags: ([name], user) => [`users:named/${name}`, ...(user ? [`users:${user.id}`] : [])],
    },
  }),
  brief: query({ output: z.int(), keep: { for: 1, staleIfError: HOUR } }),
  over: query({ output: z.int(), keep: { for: 1, staleIfError: 1 } }),
  optional: query({ output: z.array(z.int()), fallback: () => [7] }),
  plain: query({ output: z.int() }),
  rename: command({ input: z.object({ id: z.int(), name: z.string() }) }),
});

const since = new Date(0);
/** What the callee was asked. */
let asked: string[];
let names: Map<number, string>;
let refusal: SeamError | undefined;

function ask(question: string): void {
  asked.push(question);
  if (refusal) throw refusal;
}

@Implements(UsersContract)
@Injectable()
class UsersService {
  async byIds({ ids }: { readonly ids: readonly number[] }): Promise<User[]> {
    ask(`byIds ${ids.join()}`);
    return ids.flatMap((id) => (names.has(id) ? [{ id, name: names.get(id)!, since }] : [])).toReversed();
  }

  async followed({ among }: { readonly among: readonly number[] }): Promise<number[]> {
    ask(`followed ${among.join()}`);
    return among.filter((id) => id % 2 === 0);
  }

  async byName(name: string): Promise<User | null> {
    ask(`byName ${name}`);
    const [id] = [...names].find(([, each]) => each === name) ?? [];
    return id === undefined ? null : { id, name, since };
  }

  async brief(): Promise<number> {
    ask('brief');
    return 1;
  }

  async over(): Promise<number> {
    ask('over');
    return 1;
  }

  async optional(): Promise<number[]> {
    ask('optional');
    return [1];
  }

  async plain(): Promise<number> {
    ask('plain');
    return 1;
  }

  async rename({ id, name }: { readonly id: number; readonly name: string }): Promise<void> {
    names.set(id, name);
  }
}

@Module({ providers: [UsersService] })
class UsersModule {}

let callee: Awaited<ReturnType<typeof openCallee>>;
let caller: Awaited<ReturnType<typeof openCaller<typeof UsersContract>>>;
let sources: string[];
const cache = () => new MemoryAnswerCache();
let answers: MemoryAnswerCache;

beforeEach(async () => {
  [asked, sources, refusal] = [[], [], undefined];
  names = new Map([
    [1, 'Ada'],
    [2, 'Bob'],
    [3, 'Eve'],
  ]);
  answers = cache();
  const observer = {
    answered: (_contract: string, method: string, source: AnswerSource) =>
      void sources.push(`${method} ${source}`),
  };
  callee = await openCallee({ local: [UsersContract] }, {}, UsersModule);
  caller = await openCaller([callee.address], { observer, answers }, {}, UsersContract);
});
afterEach(async () => {
  await caller.close();
  await callee.close();
});

const contextAt = (level?: ConsistencyLevel, required: [string, string][] = []) =>
  new CallContext({
    requestId: 'r',
    deadline: performance.now() + 20_000,
    consistency: new Consistency(level, required),
  });
const at = <T>(level: ConsistencyLevel | undefined, work: () => Promise<T>) =>
  runCall(contextAt(level), work);
const namesOf = (users: readonly User[]) => users.map(({ name }) => name).toSorted();
const away = () => (refusal = new SeamError('unavailable'));

describe('answers of another process are kept', () => {
  const byIds = (...ids: number[]) => caller.client.byIds({ ids, of: 'shop' });

  it('by element, so that inputs share them, and those that are missing are asked for together', async () => {
    expect(namesOf(await byIds(1, 2, 2))).toEqual(['Ada', 'Bob']);
    expect(namesOf(await byIds(2, 3, 4, 1))).toEqual(['Ada', 'Bob', 'Eve']);
    expect(namesOf(await byIds(4, 3))).toEqual(['Eve']);
    expect(await caller.client.byIds({ ids: [1], of: 'other' })).toEqual([{ id: 1, name: 'Ada', since }]);
    expect(asked).toEqual(['byIds 1,2', 'byIds 3,4', 'byIds 1']);
    expect(sources).toEqual(['byIds asked', 'byIds asked', 'byIds cached', 'byIds asked']);
    expect(await caller.client.followed({ among: [1, 2] })).toEqual([2]);
    expect(await caller.client.followed({ among: [2, 1, 4] })).toEqual([2, 4]);
    expect(asked.slice(3)).toEqual(['followed 1,2', 'followed 4']);
  });

  it('by input, with the types that the contract names; also that there is none', async () => {
    const first = await caller.client.byName('Ada');
    expect(await caller.client.byName('Ada')).toBe(first);
    expect(first).toEqual({ id: 1, name: 'Ada', since });
    expect([await caller.client.byName('Joe'), await caller.client.byName('Joe')]).toEqual([null, null]);
    expect(asked).toEqual(['byName Ada', 'byName Joe']);
  });

  it('until they are too old', async () => {
    await caller.client.brief();
    await expect
      .poll(async () => {
        await caller.client.brief();
        return asked.length;
      })
      .toBeGreaterThan(1);
  });

  it('until a tag of theirs is invalidated, or this process sends the owner a command', async () => {
    await byIds(1, 2);
    await caller.client.byName('Bob');
    answers.invalidate('users:2');
    await byIds(1, 2);
    await caller.client.byName('Bob');
    expect(asked).toEqual(['byIds 1,2', 'byName Bob', 'byIds 2', 'byName Bob']);
    await caller.client.rename({ id: 1, name: 'Ann' });
    expect(namesOf(await byIds(1, 2))).toEqual(['Ann', 'Bob']);
  });

  it('and serve no call that is strong, or that requires a position of the owner', async () => {
    await byIds(1);
    await at('strong', () => byIds(1));
    await runCall(contextAt('session', [['users', 'c.1.01']]), () => byIds(1));
    expect(asked).toEqual(['byIds 1', 'byIds 1', 'byIds 1']);
    await runCall(contextAt('session', [['shop', 'c.1.01']]), () => byIds(1));
    await at('eventual', () => byIds(1));
    expect(asked).toHaveLength(3);
  });

  it('up to a number, the least recently used going first', async () => {
    const small = await openCaller(
      [callee.address],
      { answers: new MemoryAnswerCache({ maxAnswers: 2 }) },
      {},
      UsersContract,
    );
    for (const name of ['Ada', 'Bob', 'Ada', 'Eve', 'Ada', 'Bob']) await small.client.byName(name);
    expect(asked).toEqual(['byName Ada', 'byName Bob', 'byName Eve', 'byName Bob']);
    await small.close();
  });

  it('not without a cache, nor locally, nor without being declared', async () => {
    const without = await openCaller([callee.address], { answers: false }, {}, UsersContract);
    const local = await openApp({ local: [UsersContract] }, UsersModule);
    const { client } = without;
    for (const users of [client, local.get<typeof client>(UsersContract.token)]) {
      asked = [];
      await users.byIds({ ids: [1], of: 'shop' });
      await users.byIds({ ids: [1], of: 'shop' });
      expect(asked).toHaveLength(2);
    }
    asked = [];
    await caller.client.plain();
    await caller.client.plain();
    expect(asked).toHaveLength(2);
    await Promise.all([without.close(), local.close()]);
  });

  it('and an invalid input is reported as ever', async () => {
    await expect(caller.client.byIds({ ids: ['x'] } as never)).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});

describe('while the owner is unreachable', () => {
  it('an answer that is too old serves for staleIfError, and the call knows', async () => {
    await Promise.all([caller.client.brief(), caller.client.over()]);
    away();
    const context = contextAt();
    await runCall(context, async () => {
      await expect.poll(() => caller.client.over().catch(({ code }: SeamError) => code)).toBe('unavailable');
      expect(context.consistency.degraded).toBeUndefined();
      expect(await caller.client.brief()).toBe(1);
    });
    expect(context.consistency.degraded).toEqual(new Set(['users']));
    expect(sources.at(-1)).toBe('brief stale');
  });

  it('such an answer serves no strong call', async () => {
    await caller.client.brief();
    away();
    await expect(at('strong', () => caller.client.brief())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a fallback serves a caller who can do without, but no strong one', async () => {
    expect(await caller.client.followed({ among: [2] })).toEqual([2]);
    away();
    const context = contextAt('session');
    expect(await runCall(context, () => caller.client.optional())).toEqual([7]);
    expect(context.consistency.degraded).toEqual(new Set(['users']));
    expect(await caller.client.followed({ among: [2, 4, 6] })).toEqual([2]);
    expect(sources.slice(-2)).toEqual(['optional fallback', 'followed fallback']);
    await expect(at('strong', () => caller.client.optional())).rejects.toMatchObject({ code: 'unavailable' });
    // Raised by a module for a reference that it follows: the client has not asked for it.
    const raised = contextAt('session');
    raised.consistency.requireStrong();
    expect(await runCall(raised, () => caller.client.optional())).toEqual([7]);
  });

  it('an error of the owner itself is passed on', async () => {
    refusal = new SeamError('internal');
    await expect(caller.client.optional()).rejects.toMatchObject({ code: 'internal' });
  });

  it('what it is made of travels back through a process in between', async () => {
    const FrontContract = contract('front', { page: query({ output: z.array(z.int()) }) });
    @Implements(FrontContract)
    @Injectable()
    class FrontService {
      async page(): Promise<readonly number[]> {
        expect(currentCall()).toBeDefined();
        return caller.client.optional();
      }
    }
    @Module({ providers: [FrontService] })
    class FrontModule {}
    const front = await openCallee({ local: [FrontContract] }, {}, FrontModule);
    const reader = await openCaller([front.address], {}, {}, FrontContract);
    away();
    const context = contextAt();
    expect(await runCall(context, () => reader.client.page())).toEqual([7]);
    expect(context.consistency.degraded).toEqual(new Set(['users']));
    await reader.close();
    await front.close();
  });
});

describe('a contract refuses', () => {
  const output = z.array(z.int());
  it.each([
    ['to keep the answer to a command', () => command({ output, keep: { for: 1 } }), 'a command is not kept'],
    ['a fallback of a command', () => command({ output, fallback: () => [] }), 'a command has no fallback'],
    [
      'a time that is none',
      () => query({ output, keep: { for: Number.NaN } }),
      'keep.for: expected milliseconds',
    ],
    [
      'elements of an output that is no list',
      () =>
        query({ input: z.object({ ids: output }), output: z.int(), keep: { for: 1, each: { of: 'ids' } } }),
      'keep.each needs an output that is a list, got integer',
    ],
    [
      'to keep undefined',
      () => query({ output: z.int().optional(), keep: { for: 1 } }),
      'an output that may be undefined is not kept',
    ],
  ])('%s', (_, declare, message) => {
    expect(() => contract('users', { it: declare() })).toThrow(message);
  });
});
