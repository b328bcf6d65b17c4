import { Injectable, Module, NotFoundException } from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ClientOf, command, contract, Implements, query, revive, SeamError } from '../index.js';
import { openCallee, openCaller, Watcher } from './apps.fixture.js';
import { openWire } from './wire.fixture.js';

const SECRET = 'bcrypt:c2VjcmV0';

class User {
  id = 7;
  name = 'Ada';
  @Exclude()
  hash = SECRET;
}

@Exclude()
class Account {
  iban = SECRET;
}

class Order {
  id = 1;
  buyer = new User();
  accounts = [new Account()];
}

/** A user as a query of a database gives it. */
const ROW = { id: 7, name: 'Ada', hash: SECRET };
const Named = z.object({ id: z.int(), name: z.string() });
/** With a date, so that it is more than JSON. */
const WithHash = z.object({ ...Named.shape, hash: z.string(), at: z.date().optional() });
const UsersContract = contract(
  'users',
  {
    byInput: query({ input: z.object({ id: z.int() }), output: Named.nullable() }),
    byArgs: query({ args: [z.object({ id: z.int() })], output: z.array(Named) }),
    oneOf: query({ args: [], output: z.union([Named, z.object({ none: z.boolean() })]) }),
    revived: query({ args: [], output: revive(User, Named) }),
    withHash: query({ args: [revive(User, WithHash)], output: revive(User, WithHash) }),
    without: command({ args: [z.int()] }),
    wrong: query({ args: [], output: z.string() }),
    taken: command({ args: [], errors: { 'users/taken': z.object({ id: z.int() }), 'users/gone': null } }),
    gone: command({ args: [], errors: { 'users/gone': null } }),
    undeclared: command({ args: [], errors: ['users/taken'] }),
    unexpected: command({ args: [] }),
    user: query<(given?: unknown) => User>(),
    order: query<() => Order>(),
    missing: query<() => never>(),
  },
  { httpExceptions: true, classes: [User] },
);
type Users = ClientOf<typeof UsersContract>;

@Implements(UsersContract)
@Injectable()
class UsersHandler implements Users {
  async byInput() {
    return new User();
  }
  async byArgs() {
    return [new User(), ROW];
  }
  async oneOf() {
    return ROW;
  }
  async revived() {
    return new User();
  }
  async withHash(user: User) {
    return user;
  }
  async without() {
    return new User() as unknown as undefined;
  }
  async wrong() {
    return new User() as unknown as string;
  }
  async taken(): Promise<never> {
    throw new SeamError('users/taken', { data: new User() });
  }
  async gone(): Promise<never> {
    throw new SeamError('users/gone', { data: new User() });
  }
  async undeclared(): Promise<never> {
    throw new SeamError('users/undeclared', { message: SECRET, data: SECRET });
  }
  async unexpected(): Promise<never> {
    throw new Error(SECRET, { cause: new User() });
  }
  async user(given: unknown) {
    return given instanceof User ? given : new User();
  }
  async order() {
    return new Order();
  }
  async missing(): Promise<never> {
    throw new NotFoundException({ message: 'none', user: new User() });
  }
}
@Module({ providers: [UsersHandler] })
class UsersModule {}

describe('what a contract does not name never leaves the process:', () => {
  let users: Users;
  let bytes: Buffer[] = [];
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    const callee = await openCallee({ local: [UsersContract], observer: new Watcher() }, {}, UsersModule);
    const wire = await openWire(callee.address, (data) => void bytes.push(data));
    const caller = await openCaller([wire.address], { observer: new Watcher() }, {}, UsersContract);
    closing.push(caller.close, wire.close, callee.close);
    users = caller.client;
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const secret = () => Object.assign(new User(), { more: SECRET });

  it.each<[string, (users: Users) => Promise<unknown>, string]>([
    ['a field of an input', (to) => to.byInput(secret()), '"Ada"'],
    ['a field of an argument, and of items of a list', (to) => to.byArgs(secret()), '"Ada"'],
    ['further arguments', (to) => (to.without as (...all: unknown[]) => Promise<void>)(1, secret()), '[1]'],
    ['a field of one of several types', (to) => to.oneOf(), '"Ada"'],
    ['a field of an instance that is made again', (to) => to.revived(), '"Ada"'],
    ['a result where there is none', (to) => to.without(1), '[1]'],
    ['a value of another type', (to) => to.wrong(), '"internal"'],
    ["a field of a declared error's data", (to) => to.taken(), '"id":7'],
    ['the data of an error without any', (to) => to.gone(), 'users/gone'],
    ['an error that is not declared', (to) => to.undeclared(), '"internal"'],
    ['an unexpected error', (to) => to.unexpected(), '"internal"'],
    ['with types alone, what a class excludes', (to) => to.user(new User()), '$instance'],
    ['with types alone, what classes within exclude', (to) => to.order(), '"Ada"'],
    ['in the body of an HttpException, what a class excludes', (to) => to.missing(), '"Ada"'],
  ])('%s', async (_, call, seen) => {
    bytes = [];
    await call(users).catch(() => undefined);
    const text = Buffer.concat(bytes).toString();
    expect(text).toContain(seen);
    expect(text).not.toContain(SECRET);
  });

  it('nothing is lost of what it does name', async () => {
    expect(await users.byInput({ id: 1 })).toEqual({ id: 7, name: 'Ada' });
    expect(await users.user()).toBeInstanceOf(User);
  });

  it('also what a class excludes, where a schema names it', async () => {
    expect(await users.withHash(new User())).toEqual(Object.assign(new User(), { at: undefined }));
  });

  it('with types alone, everything else does: only a schema, or @Exclude(), keeps it', async () => {
    bytes = [];
    await users.user({ hash: SECRET });
    expect(Buffer.concat(bytes).toString()).toContain(SECRET);
  });
});
