import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ContractError, event } from '../index.js';

const First = z.object({ id: z.int(), name: z.string() });
const Second = z.object({ id: z.int(), given: z.string(), family: z.string() });
const Third = z.object({ id: z.int(), names: z.array(z.string()) });

const Registered = event('identity/registered', {
  version: 3,
  payload: Third,
  earlier: [
    {
      payload: First,
      upgrade: ({ id, name }: z.output<typeof First>) => {
        const [given = '', family = ''] = name.split(' ');
        return { id, given, family };
      },
    },
    {
      payload: Second,
      upgrade: ({ id, given, family }: z.output<typeof Second>) => ({ id, names: [given, family] }),
    },
  ],
});

describe('an event', () => {
  it('is named after its publisher', () => {
    const { name, publisher, version, ends } = event('articles/published', { payload: z.object({}) });
    expect({ name, publisher, version, ends }).toEqual({
      name: 'articles/published',
      publisher: 'articles',
      version: 1,
      ends: false,
    });
  });

  it('reads what earlier releases wrote, through every version between', () => {
    const today = { id: 1, names: ['Ada', 'Lovelace'] };
    expect(Registered.read({ id: 1, name: 'Ada Lovelace' }, 1)).toEqual(today);
    expect(Registered.read({ id: 1, given: 'Ada', family: 'Lovelace' }, 2)).toEqual(today);
    expect(Registered.read(today, 3)).toEqual(today);
  });

  it('leaves out what a later release of the same version added', () => {
    expect(Registered.read({ id: 1, names: [], nickname: 'A' }, 3)).toEqual({ id: 1, names: [] });
  });

  it.each([0, 4, 1.5])('does not read version %s, which it does not know', (version) => {
    expect(() => Registered.read({}, version)).toThrow(
      new ContractError(`event 'identity/registered' has version ${version}; only 3 is known here`),
    );
  });

  it('does not read what is not of its version', () => {
    expect(() => Registered.read({ id: 1, name: 'Ada' }, 3)).toThrow(z.ZodError);
  });

  it.each(['published', 'articles.published', 'Articles/published', 'articles/Published', 'a/b/c', '/a'])(
    'is not named %s',
    (name) => {
      expect(() => event(name, { payload: z.object({}) })).toThrow(
        `event name '${name}' is not <module>/<what-happened>`,
      );
    },
  );

  it('has every earlier version', () => {
    expect(() => event('a/b', { version: 2, payload: z.object({}) })).toThrow(
      "event 'a/b' has version 2, so it needs 1 earlier payloads, not 0",
    );
  });

  it('carries nothing that JSON changes, in any version', () => {
    expect(() => event('a/b', { payload: z.object({ at: z.date() }) })).toThrow(
      "event 'a/b' has a payload that JSON does not carry as it is",
    );
    expect(() => event('a/b', { payload: z.object({ n: z.coerce.number() }) })).toThrow(ContractError);
    const old = { payload: z.object({ at: z.date() }), upgrade: () => ({}) };
    expect(() => event('a/b', { version: 2, payload: z.object({}), earlier: [old] })).toThrow(ContractError);
  });
});
