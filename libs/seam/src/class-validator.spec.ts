import { Injectable, Module } from '@nestjs/common';
import { Exclude, Type } from 'class-transformer';
import { IsDate, IsEmail, IsInt, IsOptional, IsString, MinLength, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { dto } from './class-validator.js';
import { type ClientOf, command, contract, Implements, query } from './index.js';
import { openCallee, openCaller } from './placement/apps.fixture.js';
import { type Placed, placementsOf } from './placement/placements.fixture.js';
import { openWire } from './placement/wire.fixture.js';

class AddressDto {
  @IsString()
  street: string;
}
class CreateUserDto {
  @IsEmail()
  email: string;
  @Exclude()
  @MinLength(3)
  password: string;
  @IsOptional()
  @IsInt()
  age?: number;
  @IsOptional()
  @IsDate()
  born?: Date;
  @IsOptional()
  @ValidateNested()
  @Type(() => AddressDto)
  addresses?: AddressDto[];
}

const UsersContract = contract('users', {
  create: command({ args: [dto(CreateUserDto)], output: dto(CreateUserDto) }),
  all: query({ args: [dto([CreateUserDto]).optional()], output: dto([CreateUserDto]) }),
  find: query({ args: [], output: dto(CreateUserDto).nullable() }),
  isInstance: query({ args: [dto(CreateUserDto)], output: dto(CreateUserDto) }),
});
type Users = ClientOf<typeof UsersContract>;

let received: CreateUserDto | undefined;
@Implements(UsersContract)
@Injectable()
class UsersHandler implements Users {
  async create(user: CreateUserDto) {
    received = user;
    return user;
  }
  async all(users: CreateUserDto[] = []) {
    return users;
  }
  async find() {
    return null;
  }
  async isInstance(user: CreateUserDto) {
    return user;
  }
}
@Module({ providers: [UsersHandler] })
class UsersModule {}

function user(more: object = {}): CreateUserDto {
  return Object.assign(new CreateUserDto(), { email: 'ada@example.org', password: 'secret', ...more });
}
function address(street: string): AddressDto {
  return Object.assign(new AddressDto(), { street });
}

describe.each(placementsOf(UsersContract, UsersModule))('a class of class-validator, $name', ({ open }) => {
  let placed: Placed<typeof UsersContract>;
  beforeAll(async () => {
    placed = await open();
  });
  afterAll(() => placed.close());

  it('arrives as an instance, with the classes in it', async () => {
    const given = user({ born: new Date(5), addresses: [address('a'), address('b')] });
    const arrived = await placed.probe.create(given);
    expect(arrived).toEqual(given);
    expect(arrived).toBeInstanceOf(CreateUserDto);
    expect(arrived.addresses?.[1]).toBeInstanceOf(AddressDto);
    expect(received).toBeInstanceOf(CreateUserDto);
  });

  it('may be in a list, missing, or null', async () => {
    expect(await placed.probe.all([user(), user({ age: 7 })])).toEqual([user(), user({ age: 7 })]);
    expect(await placed.probe.all()).toEqual([]);
    expect(await placed.probe.find()).toBeNull();
  });
});

describe('between processes a class of class-validator', () => {
  let users: Users;
  let text = '';
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    const callee = await openCallee({ local: [UsersContract] }, {}, UsersModule);
    const wire = await openWire(callee.address, (bytes) => void (text += bytes.toString()));
    const caller = await openCaller([wire.address], {}, {}, UsersContract);
    closing.push(caller.close, wire.close, callee.close);
    users = caller.client;
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  it('is validated, each field named', async () => {
    const wrong = user({ email: 'x', password: 'y', addresses: [address('a'), { street: 7 }] });
    await expect(users.create(wrong)).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'users.create args[0].email: email must be an email',
      data: {
        issues: [
          { path: '0.email', message: 'email must be an email' },
          { path: '0.password', message: 'password must be longer than or equal to 3 characters' },
          { path: '0.addresses.1.street', message: 'street must be a string' },
        ],
      },
    });
    await expect(users.create(null as unknown as CreateUserDto)).rejects.toMatchObject({
      message: 'users.create args[0]: expected CreateUserDto',
    });
  });

  it('leaves what has no decorator at the sender, and leaves the value as it was', async () => {
    text = '';
    const given = user({ role: 'admin', addresses: [Object.assign(address('a'), { note: 'hidden' })] });
    expect(await users.create(given)).toEqual(user({ addresses: [address('a')] }));
    expect(given).toHaveProperty('role', 'admin');
    expect(given.addresses?.[0]).toHaveProperty('note', 'hidden');
    expect(text).toContain('"secret"');
    expect(text).not.toMatch(/admin|hidden/);
  });
});

it('has the types of its class', () => {
  expectTypeOf<Users['create']>().toEqualTypeOf<(user: CreateUserDto) => Promise<CreateUserDto>>();
  expectTypeOf<Users['all']>().parameters.toEqualTypeOf<[CreateUserDto[]?]>();
  expectTypeOf<Users['find']>().returns.resolves.toEqualTypeOf<CreateUserDto | null>();
});
