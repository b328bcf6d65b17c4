import { CallContext, runCall } from '@tearline/seam';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModuleDatabase, startModuleDatabase } from '../../../test/support/module-database.js';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TransactionalIdempotencyStore } from './transactional-idempotency-store.js';
import { Transactions } from './transactions.js';

class CreateNotes1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table notes.notes (id bigint generated always as identity, text text not null)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notes.notes');
  }
}

let database: ModuleDatabase;
let transactions: Transactions;
let number = 0;
let key: string;

beforeAll(async () => {
  database = await startModuleDatabase({
    schema: 'notes',
    migrations: async () => [CreateNotes1700000000001],
  });
  transactions = new Transactions(database.dataSource);
});
afterAll(() => database?.stop());
beforeEach(async () => {
  key = `key-${(number += 1)}`;
  await database.dataSource.query('delete from notes');
});

interface Sent {
  principal?: string | undefined;
  idempotencyKey?: string | undefined;
  operation?: string;
  text?: string;
  target?: string;
}

const call = ({ principal, idempotencyKey, target }: Sent, work: () => Promise<unknown>) =>
  runCall(
    new CallContext({
      requestId: 'r',
      deadline: Infinity,
      idempotencyKey,
      idempotencyTarget: target,
      principal: principal === undefined ? undefined : { id: principal },
    }),
    work,
  );

/** Adds a note, by default as one user with the key of the test. @returns the id of the note */
function add(
  { principal = '1', idempotencyKey = key, operation = 'add', text = 'one' }: Sent = {},
  onAdded?: () => Promise<void>,
) {
  return call({ principal, idempotencyKey }, () =>
    transactions.run(operation, { text }, async (manager) => {
      const [row] = await manager.query<[{ id: number }]>(
        'insert into notes (text) values ($1) returning id',
        [text],
      );
      await onAdded?.();
      return row.id;
    }),
  );
}
const notes = async () =>
  (await database.dataSource.query<{ text: string }[]>('select text from notes order by id')).map(
    ({ text }) => text,
  );
const otherRequest = { code: 'idempotency-key/was-used-for-another-request' };

describe('a transaction with an idempotency key', () => {
  it('takes effect once, and returns the stored reply to a repetition', async () => {
    const reply = await add();
    expect(await add()).toBe(reply);
    expect(await notes()).toEqual(['one']);
  });

  it('is another one for another user, another operation and another key', async () => {
    await add();
    await add({ principal: '2' });
    await add({ operation: 'add another' });
    await add({ idempotencyKey: `${key}-other` });
    expect(await notes()).toHaveLength(4);
  });

  it('is refused for another request', async () => {
    await add();
    await expect(add({ text: 'two' })).rejects.toMatchObject(otherRequest);
    expect(await notes()).toEqual(['one']);
  });

  it('waits for a concurrent repetition, and returns its reply', async () => {
    const [added, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = add({}, () => {
      added.resolve();
      return gate.promise;
    });
    await added.promise;
    const both = [first, add()];
    await database.untilWaiting();
    gate.resolve();
    expect(new Set(await Promise.all(both)).size).toBe(1);
    expect(await notes()).toEqual(['one']);
  });

  it('that fails leaves no effect, and may be repeated', async () => {
    await expect(add({}, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await add();
    expect(await notes()).toEqual(['one']);
  });

  it('joins the one around it, with a savepoint', async () => {
    const work = () =>
      transactions.run('outer', {}, async (manager) => {
        await manager.query("insert into notes (text) values ('outer')");
        const inner = transactions.run('inner', {}, async (same) => {
          await same.query("insert into notes (text) values ('inner')");
          throw new Error('inner failed');
        });
        await expect(inner).rejects.toThrow('inner failed');
      });
    await call({ principal: '1', idempotencyKey: key }, work);
    await call({ principal: '1', idempotencyKey: key }, work);
    expect(await notes()).toEqual(['outer']);
  });
});

it('a key is refused for a request to another target, whatever it does there', async () => {
  const send = (target: string, operation: string) =>
    call({ principal: '1', idempotencyKey: key, target }, () =>
      transactions.run(operation, {}, async () => 1),
    );
  await send('POST /notes', 'add');
  await send('POST /notes', 'count');
  await expect(send('PUT /notes', 'update')).rejects.toMatchObject(otherRequest);
});

it('a statement takes effect once per key, and each time without one', async () => {
  const insert = (idempotencyKey: string | undefined) =>
    call({ principal: '1', idempotencyKey }, () =>
      transactions.runStatement('insert', {}, async (manager) => {
        const rows = await manager.query<unknown[]>("insert into notes (text) values ('one') returning text");
        return rows.length;
      }),
    );
  expect([await insert(key), await insert(key)]).toEqual([1, undefined]);
  expect([await insert(undefined), await insert(undefined)]).toEqual([1, 1]);
  expect(await notes()).toHaveLength(3);
});

it('a transaction without an idempotency key takes effect each time', async () => {
  for (let times = 0; times < 2; times += 1)
    await call({ principal: '1' }, () =>
      transactions.run(
        'add',
        {},
        async (manager) => void (await manager.query("insert into notes (text) values ('one')")),
      ),
    );
  expect(await notes()).toEqual(['one', 'one']);
});

it('findReply returns the stored reply of the same request', async () => {
  const find = (text: string) =>
    call({ principal: '1', idempotencyKey: key }, () => transactions.findReply('add', { text }));
  expect(await find('one')).toBeUndefined();
  const reply = await add();
  expect(await find('one')).toMatchObject({ reply });
  await expect(find('two')).rejects.toMatchObject(otherRequest);
  expect(
    await call({ principal: '1' }, () => transactions.findReply('add', { text: 'one' })),
  ).toBeUndefined();
});

it('a key is kept for 24 hours', async () => {
  await add();
  const age = (interval: string) =>
    database.dataSource.query('update idempotency_keys set created_at = now() - $1::interval', [interval]);
  await age('23 hours 59 minutes');
  await transactions.prune();
  await add();
  expect(await notes()).toEqual(['one']);
  await age('24 hours 1 minute');
  await transactions.prune();
  await add();
  expect(await notes()).toEqual(['one', 'one']);
});

it('the store of the seam runs a command once, in the transactions of its module', async () => {
  const store = new TransactionalIdempotencyStore();
  store.add('notes', transactions);
  let runs = 0;
  const run = (contract: string, requestHash: string) =>
    call({ principal: '1', idempotencyKey: key }, async () =>
      store.runOnce({ contract, method: 'add', key, requestHash }, async () => `${(runs += 1)}`),
    );
  expect([await run('notes', 'hash'), await run('notes', 'hash')]).toEqual(['1', '1']);
  await expect(run('notes', 'another hash')).rejects.toMatchObject(otherRequest);
  await expect(run('unknown', 'hash')).rejects.toThrow("no database is registered for commands of 'unknown'");
});
