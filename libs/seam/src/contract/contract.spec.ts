import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contract, query } from '../index.js';

const declare = (input: z.ZodType, output: z.ZodType = z.void()) =>
  contract('shop', { find: query({ input, output }) });

describe('a contract refuses, when it is declared,', () => {
  it.each([
    [
      'a transform',
      z.object({ a: z.string().transform(Number) }),
      'input.a: a contract cannot carry a transform',
    ],
    ['trimming', z.object({ a: z.string().trim() }), 'input.a: a contract cannot carry a transform'],
    ['a default', z.object({ a: z.number().default(1) }), 'z.default()'],
    ['coercion', z.object({ a: z.array(z.coerce.number()) }), 'input.a[]: a contract cannot carry coercion'],
    ['a catch', z.string().catch(''), 'z.catch()'],
    ['any', z.any(), 'z.any()'],
    ['a map', z.map(z.string(), z.string()), 'z.map()'],
    ['a strict object', z.strictObject({}), "a strict object, which would refuse a newer peer's field"],
    ['a loose object', z.looseObject({}), 'a loose object'],
    [
      'undefined in a list',
      z.array(z.string().optional()),
      'input[]: a contract cannot carry an optional item',
    ],
    ['a custom type', z.instanceof(Map), 'a custom type'],
    ['a bigint literal', z.literal(1n), 'a literal that JSON does not have'],
    ['a normalised URL', z.url({ normalize: true }), 'a normalising format'],
  ])('%s', (_, schema, message) => {
    expect(() => declare(schema)).toThrow(message);
    expect(() => declare(z.void(), schema)).toThrow('shop.find output');
  });

  it('a bad name, a bad error code, a bad timeout', () => {
    expect(() => contract('Shop', {})).toThrow("contract name 'Shop' is not kebab-case");
    expect(() => contract('shop', { a: query({ errors: ['gone'] }) })).toThrow(
      "shop.a: error code 'gone' is not <resource>/<reason>",
    );
    expect(() => contract('shop', { a: query({ timeout: 0 }) })).toThrow(
      'shop.a: timeout must be above 0 ms',
    );
    const item = () => class Item {};
    expect(() => contract('shop', {}, { classes: [item(), item()] })).toThrow(
      "contract 'shop' names two classes that are called the same",
    );
    expect(() => declare({ safeParse: () => undefined } as unknown as z.ZodType)).toThrow(
      'shop.find input: expected a schema of zod 4, typeOnly() or dto()',
    );
  });
});

describe('a value arrives as it left', () => {
  const Branch = z.object({
    name: z.string(),
    get children() {
      return z.array(Branch);
    },
  });
  const Comment = z.object({
    at: z.date(),
    get replies() {
      return z.array(Comment);
    },
  });
  const tree: z.ZodType = z.lazy(() => z.object({ children: z.array(tree) }));
  it.each<[string, z.ZodType, unknown]>([
    ['dates', z.object({ at: z.date(), all: z.array(z.date()) }), { at: new Date(5), all: [new Date(6)] }],
    ['optional and nullable', z.object({ a: z.date().nullable(), b: z.bigint().optional() }), { a: null }],
    ['bigints', z.record(z.string(), z.bigint()), { a: 2n ** 70n }],
    ['bytes', z.tuple([z.instanceof(Uint8Array), z.string()]), [new Uint8Array([0, 255]), 'x']],
    [
      'unions by discriminator',
      z.discriminatedUnion('k', [
        z.object({ k: z.literal('a'), at: z.date() }),
        z.object({ k: z.literal('b'), n: z.number() }),
      ]),
      { k: 'a', at: new Date(7) },
    ],
    ['a union of a date and text', z.array(z.union([z.date(), z.string()])), [new Date(7), '7']],
    ['a record with a key like a tag', z.record(z.string(), z.number()), { $date: 5 }],
    ['recursion with dates', Comment, { at: new Date(8), replies: [{ at: new Date(9), replies: [] }] }],
    ['recursion', tree, { children: [{ children: [] }] }],
    ['recursion by a getter', Branch, { name: 'a', children: [{ name: 'b', children: [] }] }],
    ['nothing', z.date().optional(), undefined],
  ])('%s', (_, schema, value) => {
    const { input } = declare(schema).codecs.find;
    const json = input.encode(value);
    expect(input.decode(json === undefined ? undefined : JSON.parse(json))).toEqual(value);
  });
});
