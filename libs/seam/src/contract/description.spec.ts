import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, contract, type Contract, type Method, query } from './contract.js';
import { describeContract, incompatibilities } from './description.js';

const base = { id: z.int(), title: z.string() };
const input = z.object({ slug: z.string(), viewer: z.int().optional() });
const version = (output: z.ZodType, taken: z.ZodType = input, more: Record<string, Method> = {}) =>
  contract('articles', { bySlug: query({ input: taken, output }), ...more });

/** What crosses the wire is JSON. */
const compare = (caller: Contract, callee: Contract) => {
  const sent = JSON.parse(JSON.stringify(describeContract(callee))) as ReturnType<typeof describeContract>;
  return [...incompatibilities(describeContract(caller), sent).values()];
};

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});
const OtherTree = z.object({
  name: z.int(),
  get children() {
    return z.array(OtherTree);
  },
});

describe('two versions of a contract fit', () => {
  const same = z.object(base);
  it.each<[string, Contract, Contract]>([
    ['the same', version(same), version(same)],
    ['the callee has a new method', version(same), version(same, input, { all: query({}) })],
    ['the callee gives a new field', version(same), version(z.object({ ...base, body: z.string() }))],
    [
      'the caller knows a new optional field',
      version(z.object({ ...base, body: z.string().optional() })),
      version(same),
    ],
    [
      'the callee takes a new optional field',
      version(same),
      version(same, input.extend({ draft: z.boolean().optional() })),
    ],
    [
      'the caller gives a new optional field',
      version(same, input.extend({ draft: z.boolean().optional() })),
      version(same),
    ],
    [
      'the callee takes more',
      version(same),
      version(same, input.extend({ slug: z.union([z.string(), z.null()]) })),
    ],
    ['the callee gives less', version(same.nullable()), version(same)],
    [
      'the callee takes any number',
      version(same),
      version(same, input.extend({ viewer: z.number().optional() })),
    ],
    ['an enum takes one more', version(same, z.enum(['a', 'b'])), version(same, z.enum(['a', 'b', 'c']))],
    ['recursion', version(Tree), version(Tree)],
  ])('%s', (_, caller, callee) => {
    expect(compare(caller, callee)).toEqual([]);
  });
});

describe('two versions of a method with positional arguments fit, in both directions:', () => {
  const one = query({ args: [z.string()], output: z.string() });
  it.each<[string, Method, Method]>([
    ['the same', one, one],
    [
      'a further optional argument',
      one,
      query({ args: [z.string(), z.int().optional()], output: z.string() }),
    ],
    ['further arguments', one, query({ args: [z.string()], rest: z.int(), output: z.string() })],
    [
      'a first optional argument',
      query({ output: z.date() }),
      query({ args: [z.int().optional()], output: z.date() }),
    ],
    [
      'a type alone and schemas',
      query<(slug: string, at: Date) => Date>(),
      query({ args: [z.string(), z.date()], output: z.date() }),
    ],
    ['a type alone and no argument', query<() => void>(), query({ args: [] })],
  ])('%s', (_, one, other) => {
    const versions = [contract('users', { find: one }), contract('users', { find: other })] as const;
    expect([compare(...versions), compare(versions[1], versions[0])]).toEqual([[], []]);
  });
});

describe('two versions of a contract do not fit, and the place is named:', () => {
  it.each<[string, Contract, Contract, string]>([
    [
      'a changed type',
      version(z.object(base)),
      version(z.object({ ...base, title: z.number() })),
      'articles.bySlug output.title: the caller expects string, the callee gives number',
    ],
    [
      'a removed field',
      version(z.array(z.object(base)).nullable()),
      version(z.array(z.object({ id: z.int() }))),
      'articles.bySlug output[].title: the caller expects string, the callee gives nothing',
    ],
    [
      'a field that became optional',
      version(z.object(base)),
      version(z.object({ ...base, title: z.string().optional() })),
      'articles.bySlug output.title: the caller expects string, the callee gives string or nothing',
    ],
    [
      'a result that became nullable',
      version(z.object(base)),
      version(z.object(base).nullable()),
      'articles.bySlug output: the caller expects object, the callee gives null',
    ],
    [
      'a new required input',
      version(z.string()),
      version(z.string(), input.extend({ tenant: z.string() })),
      'articles.bySlug input.tenant: the caller gives nothing, the callee expects string',
    ],
    [
      'a removed input',
      version(z.string()),
      version(z.string(), input.omit({ slug: true })),
      'articles.bySlug input.slug: the caller gives this field, the callee expects none',
    ],
    [
      'a narrower input',
      version(z.string(), z.enum(['a', 'b'])),
      version(z.string(), z.enum(['a'])),
      'articles.bySlug input: the caller gives "b", the callee expects "a"',
    ],
    [
      'a date that became text',
      version(z.object({ at: z.date() })),
      version(z.object({ at: z.string() })),
      'articles.bySlug output.at: the caller expects Date, the callee gives string',
    ],
    [
      'inside a recursive type',
      version(Tree),
      version(OtherTree),
      'articles.bySlug output.name: the caller expects string, the callee gives integer',
    ],
    [
      'a query that became a command',
      contract('articles', { bySlug: query({ output: z.string() }) }),
      contract('articles', { bySlug: command({ output: z.string() }) }),
      'articles.bySlug: the caller takes it for a query, for the callee it is a command',
    ],
    [
      'a missing method',
      version(z.string(), input, { all: query({}) }),
      version(z.string()),
      'articles.all: the callee has no such method',
    ],
  ])('%s', (_, caller, callee, message) => {
    expect(compare(caller, callee)).toEqual([message]);
  });

  it.each<[string, Method, Method, string]>([
    [
      'a removed argument',
      query({ args: [z.string(), z.string()] }),
      query({ args: [z.string()] }),
      'users.find args[1]: the caller gives this argument, the callee expects none',
    ],
    [
      'a new required argument',
      query({ args: [z.string()] }),
      query({ args: [z.string(), z.int()] }),
      'users.find args[1]: the caller gives nothing, the callee expects integer',
    ],
    [
      'an argument of another type',
      query({ args: [z.int(), z.object({ at: z.date() })] }),
      query({ args: [z.int(), z.object({ at: z.string() })] }),
      'users.find args[1].at: the caller gives Date, the callee expects string',
    ],
    [
      'an argument that is no longer optional',
      query({ args: [z.int().optional()] }),
      query({ args: [z.int()] }),
      'users.find args[0]: the caller gives nothing or integer or nothing, the callee expects integer',
    ],
    [
      'a removed field of an argument',
      query({ args: [z.object({ id: z.int(), tenant: z.string() })] }),
      query({ args: [z.object({ id: z.int() })] }),
      'users.find args[0].tenant: the caller gives this field, the callee expects none',
    ],
    [
      'further arguments of another type',
      query({ args: [], rest: z.string() }),
      query({ args: [], rest: z.int() }),
      'users.find args[0]: the caller gives string, the callee expects integer',
    ],
    [
      'one object that became arguments',
      query({ input: z.object({ id: z.int() }) }),
      query({ args: [z.int()] }),
      'users.find input: the caller gives object, the callee expects positional arguments',
    ],
    [
      'arguments that became one object',
      query<(id: number) => void>(),
      query({ input: z.object({ id: z.int() }) }),
      'users.find args: the caller gives positional arguments, the callee expects object',
    ],
  ])('%s', (_, caller, callee, message) => {
    expect(compare(contract('users', { find: caller }), contract('users', { find: callee }))).toEqual([
      message,
    ]);
  });

  it('a missing contract', () => {
    expect([...incompatibilities(describeContract(version(z.string())), undefined).values()]).toEqual([
      'articles.bySlug: the callee does not answer this contract',
    ]);
  });
});
