import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { type Placed, placementsOf } from './placements.fixture.js';
import { Address, user, User, type Users, UsersContract, UsersModule } from './signatures.fixture.js';

describe.each(placementsOf(UsersContract, UsersModule))(
  'a method with its own signature, $name',
  ({ open }) => {
    let placed: Placed<typeof UsersContract>;
    let users: Users;
    beforeAll(async () => {
      placed = await open();
      users = placed.probe;
    });
    afterAll(() => placed.close());

    it('takes its arguments one by one, without those at the end that are optional', async () => {
      expect(await users.byId('7')).toEqual({ id: '7' });
      expect(await users.byId('7', 2)).toEqual({ id: '7', page: 2 });
      expect(await users.byId('none', undefined)).toBeNull();
      expect(await users.count()).toBe(2);
    });

    it('takes undefined before other arguments', async () => {
      expect(await users.between(undefined, 'z')).toEqual(['start', 'z']);
      expect(await users.between('a', 'z')).toEqual(['a', 'z']);
    });

    it('takes any number of further arguments', async () => {
      expect(await users.join('-')).toBe('');
      expect(await users.join('-', 'a', 'b', 'c')).toBe('a-b-c');
    });

    it('gives an instance of the class that the schema of its output names', async () => {
      const found = await users.found(7);
      expect(found).toBeInstanceOf(User);
      expect(found?.label).toBe('7 Ada');
      expect((await users.all()).map((one) => one.rename('x').label)).toEqual(['1 x', '2 x']);
    });

    it('known by its type alone, takes and gives values as they are', async () => {
      const options = { at: new Date(5), fields: ['a', undefined, 'b'] };
      expect(await users.find('7', options)).toEqual({ id: '7', options });
      expect(await users.find('7')).toEqual({ id: '7', options: undefined });
      expect(await users.size()).toBe(3);
      expect(await users.mixed('7', new Date(6))).toEqual(['7', new Date(6)]);
      expect(await users.mixed('7')).toEqual(['7']);
    });

    it.each([
      ['text', 'naïve \u{1f600} \u0000 #12#'],
      ['a date', new Date(1_700_000_000_123)],
      ['an invalid date', new Date(Number.NaN)],
      ['a big integer', -(2n ** 90n)],
      ['bytes', new Uint8Array([0, 1, 255])],
      ['a buffer', Buffer.from('text')],
      ['no number', { a: [Number.NaN, Infinity, -Infinity, 0.1] }],
      ['nothing', undefined],
      ['null', null],
      ['a list with undefined', [undefined, null, 1, undefined]],
      ['an object that looks like a date', { $date: 5 }],
      ['an object that looks like a tag within', [{ $literal: { $date: new Date(5) } }, { $: 1 }]],
      ['an object with a field of its prototype', JSON.parse('{"__proto__":{"at":1},"constructor":2}')],
      ['an object without prototype', Object.assign(Object.create(null), { at: new Date(7) })],
    ])('known by its type alone, carries %s', async (_, value) => {
      const arrived = await users.echo(value);
      expect(arrived).toEqual(value);
      expect(Buffer.isBuffer(arrived)).toBe(Buffer.isBuffer(value));
    });

    it('known by its type alone, makes instances of the classes that the contract names, however deep', async () => {
      const moved = await users.move(user(1, 'Ada'), new Address('Main Street', new Date(8)));
      expect(moved).toBeInstanceOf(User);
      expect(moved.address).toBeInstanceOf(Address);
      expect(moved).toEqual(user(1, 'Ada', new Address('Main Street', new Date(8))));
      expect(moved.label).toBe('1 Ada');
    });
  },
);

it('a client has the types of its methods', () => {
  expectTypeOf<Users['byId']>().parameters.toEqualTypeOf<[string, number?]>();
  expectTypeOf<Users['between']>().parameters.toEqualTypeOf<[string | undefined, string]>();
  expectTypeOf<Users['join']>().parameters.toEqualTypeOf<[string, ...string[]]>();
  expectTypeOf<Users['count']>().toEqualTypeOf<() => Promise<number>>();
  expectTypeOf<Users['found']>().returns.resolves.toEqualTypeOf<User | null>();
  expectTypeOf<Users['size']>().toEqualTypeOf<() => Promise<number>>();
  expectTypeOf<Users['mixed']>().parameters.toEqualTypeOf<[string, Date?]>();
  expectTypeOf<Users['move']>().parameters.toEqualTypeOf<[one: User, to: Address]>();
});
