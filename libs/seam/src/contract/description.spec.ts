import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, contract, type Method, query } from './contract.js';
import { describeContract, incompatibilities } from './description.js';

const base = { id: z.int(), title: z.string() };
const input = z.object({ slug: z.string(), viewer: z.int().optional() });
const version = (output: z.ZodType, taken: z.ZodType = input, more: Record<string, Method> = {}) =>
  contract('articles', { bySlug: query({ input: taken, output }), ...more });

/** What crosses the wire is JSON. */
const compare = (caller: ReturnType<typeof version>, callee: ReturnType<typeof version>) => {
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
  it.each<[string, ReturnType<typeof version>, ReturnType<typeof version>]>([
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

describe('two versions of a contract do not fit, and the place is named:', () => {
  it.each<[string, ReturnType<typeof version>, ReturnType<typeof version>, string]>([
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
      'articles.bySlug output.at: the caller expects date, the callee gives string',
    ],
    [
      'inside a recursive type',
      version(Tree),
      version(OtherTree),
      'articles.bySlug output.name: the caller expects string, the callee gives integer',
    ],
    [
      'a query that became a command',
      contract('articles', { bySlug: query({}) }),
      contract('articles', { bySlug: command({}) }),
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

  it('a missing contract', () => {
    expect([...incompatibilities(describeContract(version(z.string())), undefined).values()]).toEqual([
      'articles.bySlug: the callee does not answer this contract',
    ]);
  });
});
