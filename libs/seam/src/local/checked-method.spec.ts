import { Injectable, Module } from '@nestjs/common';
import { Exclude, Expose, Transform } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, contract, Implements, query, revive, typeOnly } from '../index.js';
import { openApp, Watcher } from '../placement/apps.fixture.js';

class User {
  id = 7;
  name = 'Ada';
  @Exclude()
  hash = 'secret';
}
class Shown {
  @Expose({ name: 'title' })
  name = 'Ada';
  @Transform(() => 'hidden')
  mail = 'a@b';
}
class Plain {
  name = 'Ada';
}

const Row = z.object({
  id: z.int(),
  email: z.string(),
  age: z.string(),
  at: z.date(),
  address: z.object({ street: z.string() }),
  tags: z.array(z.object({ name: z.string() })),
});
const Fields = z.object({ id: z.int(), name: z.string(), hash: z.string().optional() });

/** Returns what checked mode says of a value that a method returns. */
async function reported(output: z.ZodType | undefined, value: unknown, classes: (new () => object)[] = []) {
  const RowsContract = contract(
    'rows',
    { find: output ? query({ args: [], output }) : query<() => unknown>() },
    { classes },
  );
  @Implements(RowsContract)
  @Injectable()
  class RowsHandler {
    async find() {
      return value;
    }
  }
  @Module({ providers: [RowsHandler] })
  class RowsModule {}
  const observer = new Watcher();
  const app = await openApp({ local: [RowsContract], checked: true, observer }, RowsModule);
  const rows = app.get<{ find(): Promise<unknown> }>(RowsContract.token);
  const found = await rows.find().catch(() => undefined);
  await app.close();
  const [error = ''] = observer.errors;
  return { lines: error.replace('rows.find: ', '').split('\n').filter(Boolean), found };
}

describe('checked mode reports all differences of a value at once, with path and schema:', () => {
  it('nulls, undefineds and numbers of an ORM, and fields that the contract does not name', async () => {
    const row = {
      id: 1,
      email: null,
      age: 42,
      address: { street: undefined, city: 'London' },
      tags: [{ name: 'a' }, { name: 1.5, weight: 1 }],
      hash: 'secret',
    };
    const { lines } = await reported(Row, row);
    expect(lines.toSorted()).toEqual([
      'rows.find output.address.city: the contract does not name this, a string: leave it out, or add city: z.string()',
      'rows.find output.address.street: expected string, got undefined → z.string().optional()',
      'rows.find output.age: expected string, got a number → z.int()',
      'rows.find output.at: expected date, got undefined → z.date().optional()',
      'rows.find output.email: expected string, got null → z.string().nullable()',
      'rows.find output.hash: the contract does not name this, a string: leave it out, or add hash: z.string()',
      'rows.find output.tags[1].name: expected string, got a number → z.number()',
      'rows.find output.tags[1].weight: the contract does not name this, a number: leave it out, or add weight: z.int()',
    ]);
  });

  it('a whole value, and one that only its format rules out', async () => {
    expect((await reported(Row.nullable(), undefined)).lines).toEqual([
      'rows.find output: expected object, got undefined → z.object({ … }).optional()',
    ]);
    const { lines } = await reported(z.object({ mail: z.email() }), { mail: 'x' });
    expect(lines).toEqual(['rows.find output.mail: Invalid email address']);
  });

  it('what no wire carries', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const { lines } = await reported(undefined, {
      at: new Date(),
      find: () => 1,
      kind: Symbol('kind'),
      list: [new Map(), new Set(), /x/],
      failure: new Error('x'),
    });
    expect(lines).toEqual([
      'rows.find output.find: a contract cannot carry a function',
      'rows.find output.kind: a contract cannot carry a symbol',
      'rows.find output.list[0]: a contract cannot carry an instance of Map',
      'rows.find output.list[1]: a contract cannot carry an instance of Set',
      'rows.find output.list[2]: a contract cannot carry an instance of RegExp',
      'rows.find output.failure: a contract cannot carry an instance of Error',
    ]);
    expect((await reported(undefined, circle)).lines).toEqual([
      'rows.find output.self.self.self: is circular, or nested too deep',
    ]);
  });

  it('classes that arrive as plain objects', async () => {
    const { lines } = await reported(undefined, { user: new User(), all: [new Plain()] });
    expect(lines).toEqual([
      'rows.find output.user: an instance of User arrives as a plain object, without its rules of serialization for hash → classes: [User]',
      'rows.find output.all[0]: an instance of Plain arrives as a plain object → classes: [Plain]',
    ]);
  });

  it('with a schema, classes of which rules of serialization would be lost, and no other', async () => {
    expect((await reported(Fields, new User())).lines).toEqual([
      'rows.find output: an instance of User arrives as a plain object, without its rules of serialization for hash → revive(User, …)',
    ]);
    expect((await reported(z.object({ name: z.string(), mail: z.string() }), new Shown())).lines).toEqual([
      'rows.find output: an instance of Shown arrives as a plain object, without its rules of serialization for name, mail → revive(Shown, …)',
    ]);
    expect(await reported(z.object({ name: z.string() }), new Plain())).toEqual({
      lines: [],
      found: { name: 'Ada' },
    });
  });
});

describe('checked mode lets through', () => {
  it('classes that the contract names, without what they exclude', async () => {
    const named = await reported(undefined, [new User()], [User]);
    expect(named.lines).toEqual([]);
    expect((named.found as User[])[0]).toBeInstanceOf(User);
    expect(named.found).toEqual([{ id: 7, name: 'Ada' }]);
    const revived = await reported(revive(User, Fields.omit({ hash: true })), new User());
    expect(revived.lines).toEqual([]);
    expect(revived.found).toBeInstanceOf(User);
  });

  it('what a class excludes, where a schema names it for an instance that is made again', async () => {
    const { lines, found } = await reported(revive(User, Fields), new User());
    expect([lines, (found as User).hash]).toEqual([[], 'secret']);
  });
});

describe('arguments and results', () => {
  it.each([true, false])('are frozen where the contract asks: %s', async (frozen) => {
    const SharedContract = contract(
      'shared',
      { take: command({ args: [typeOnly<{ n: number }>()], output: z.object({ n: z.int() }) }) },
      { frozen },
    );
    let given: object | undefined;
    @Implements(SharedContract)
    @Injectable()
    class SharedHandler {
      async take(value: { n: number }) {
        given = value;
        return { n: value.n };
      }
    }
    @Module({ providers: [SharedHandler] })
    class SharedModule {}
    const app = await openApp({ local: [SharedContract], checked: true }, SharedModule);
    const result = await app.get<SharedHandler>(SharedContract.token).take({ n: 1 });
    expect([Object.isFrozen(given), Object.isFrozen(result)]).toEqual([frozen, frozen]);
    await app.close();
  });
});
