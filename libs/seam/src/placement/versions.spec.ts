import { Injectable, Module, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Contract, contract, Implements, type Method, query } from '../index.js';
import { openCallee, openCaller, Watcher } from './apps.fixture.js';

const Input = z.object({ slug: z.string() });
const Article = z.object({ id: z.int(), title: z.string() });
const articles = (output: z.ZodType, input: z.ZodType = Input, more: Record<string, Method> = {}) =>
  contract('articles', { bySlug: query({ input, output }), count: query({ output: z.int() }), ...more });

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A host whose version of the contract answers `article`. */
async function callee(version: Contract, article: object): Promise<string> {
  @Implements(version)
  @Injectable()
  class Articles {
    received: unknown;
    async bySlug(input: unknown) {
      return { ...article, received: JSON.stringify(input) };
    }
    async count() {
      return 3;
    }
    async all() {
      return [];
    }
  }
  @Module({ providers: [Articles] })
  class ArticlesModule {}
  const answering = await openCallee({ local: [version] }, {}, ArticlesModule as Type);
  open.push(answering.close);
  return answering.address;
}

async function caller(version: Contract, addresses: string[], observer = new Watcher()) {
  const asking = await openCaller(addresses, { observer }, {}, version);
  open.push(asking.close);
  return asking.client;
}

const received = z.string();
const current = articles(Article.extend({ received }));
const titled = { id: 1, title: 'one' };

describe('an old caller and a new callee', () => {
  it('get on: new fields of the output are left out, new methods not asked for', async () => {
    const newer = articles(
      Article.extend({ received, body: z.string() }),
      Input.extend({ draft: z.boolean().optional() }),
      { all: query({ output: z.array(z.int()) }) },
    );
    const client = await caller(current, [await callee(newer, { ...titled, body: 'text' })]);
    expect(await client['bySlug']!({ slug: 'x' })).toEqual({ ...titled, received: '{"slug":"x"}' });
  });

  it('do not when the type of a field has changed: the call is refused, the method and field named', async () => {
    const newer = articles(Article.extend({ received, title: z.int() }));
    const watcher = new Watcher();
    const client = await caller(current, [await callee(newer, { id: 1, title: 2 })], watcher);
    const message = 'articles.bySlug output.title: the caller expects string, the callee gives integer';
    await expect(client['bySlug']!({ slug: 'x' })).rejects.toMatchObject({ code: 'incompatible', message });
    await expect(client['bySlug']!({ slug: 'x' })).rejects.toMatchObject({
      code: 'incompatible',
      retryable: false,
    });
    expect(await client['count']!()).toBe(3);
    expect(watcher.events.filter((event) => event.startsWith('incompatible'))).toEqual([
      `incompatible ${message}`,
    ]);
  });

  it('do not when there is a new required input', async () => {
    const newer = articles(Article.extend({ received }), Input.extend({ tenant: z.string() }));
    const client = await caller(current, [await callee(newer, titled)]);
    await expect(client['bySlug']!({ slug: 'x' })).rejects.toMatchObject({
      code: 'incompatible',
      message: 'articles.bySlug input.tenant: the caller gives nothing, the callee expects string',
    });
  });
});

describe('a new caller and an old callee', () => {
  const newer = articles(
    Article.extend({ received, body: z.string().optional() }),
    Input.extend({ draft: z.boolean().optional() }),
    { all: query({ output: z.array(z.int()) }) },
  );

  it('get on: a new optional input is left out, a new optional output is not there', async () => {
    const client = await caller(newer, [await callee(current, titled)]);
    expect(await client['bySlug']!({ slug: 'x', draft: true })).toEqual({
      ...titled,
      received: '{"slug":"x"}',
    });
  });

  it('refuse the new method alone', async () => {
    const client = await caller(newer, [await callee(current, titled)]);
    await expect(client['all']!()).rejects.toMatchObject({
      code: 'incompatible',
      message: 'articles.all: the callee has no such method',
    });
    expect(await client['count']!()).toBe(3);
  });

  it('use the callee that is new already, while another one is not', async () => {
    const addresses = [
      await callee(current, titled),
      await callee(newer, titled),
      await callee(current, titled),
    ];
    const client = await caller(newer, addresses);
    for (let call = 0; call < 20; call++) expect(await client['all']!()).toEqual([]);
  });
});

it('a callee without the contract is incompatible, not unavailable', async () => {
  const other = contract('comments', { count: query({ output: z.int() }) });
  const client = await caller(other, [await callee(current, titled)]);
  await expect(client['count']!()).rejects.toMatchObject({
    code: 'incompatible',
    message: 'comments.count: the callee does not answer this contract',
  });
});

describe('methods with positional arguments, of two releases', () => {
  const released = (method: Method) => contract('users', { find: method });
  async function between(asking: Method, answering: Method) {
    const version = released(answering);
    @Implements(version)
    @Injectable()
    class Users {
      async find(...args: unknown[]) {
        return JSON.stringify(args);
      }
    }
    @Module({ providers: [Users] })
    class UsersModule {}
    const { address, close } = await openCallee({ local: [version] }, {}, UsersModule);
    open.push(close);
    const client = await caller(released(asking), [address]);
    return client['find']!;
  }

  const one = query({ args: [z.string()], output: z.string() });
  const two = query({ args: [z.string(), z.date().optional()], output: z.string() });
  const typed = query<(slug: string, at?: Date) => string>();
  const object = query({ input: z.object({ slug: z.string() }), output: z.string() });

  it.each<[string, Method, Method, string]>([
    ['a callee without the last one leaves it out', two, one, '["a"]'],
    ['a callee with one more does without', one, two, '["a"]'],
    ['a schema meets a type', two, typed, '["a","1970-01-01T00:00:00.005Z"]'],
    ['a type meets a schema', typed, two, '["a","1970-01-01T00:00:00.005Z"]'],
  ])('%s', async (_, asking, answering, seen) => {
    const find = await between(asking, answering);
    expect(await find('a', new Date(5))).toBe(seen);
  });

  it('a type that lies meets a schema: the call is refused, the argument named', async () => {
    const find = await between(typed, two);
    await expect(find(7)).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'users.find args[0]: Invalid input: expected string, received number',
    });
  });

  it.each<[string, Method, Method]>([
    ['one object and arguments', object, one],
    ['arguments and one object', typed, object],
  ])('%s are incompatible', async (_, asking, answering) => {
    const find = await between(asking, answering);
    await expect(find({ slug: 'a' })).rejects.toMatchObject({ code: 'incompatible' });
  });
});
