import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { type ClientOf, command, contract, Implements, query, revive, typeOnly } from '../index.js';

export class Address {
  constructor(
    public street: string,
    public since: Date,
  ) {}
}

/** A class as an ORM has them: fields, and methods on the prototype. */
export class User {
  id: number;
  name: string;
  address: Address | undefined;

  get label(): string {
    return `${this.id} ${this.name}`;
  }

  rename(name: string): this {
    this.name = name;
    return this;
  }
}

export function user(id: number, name: string, address?: Address): User {
  return Object.assign(new User(), { id, name, ...(address && { address }) });
}

const Named = z.object({ id: z.int(), name: z.string() });

/** A service as it was before there was a contract: nothing in it knows the seam. */
@Injectable()
export class UsersService {
  async byId(id: string, page?: number) {
    return id === 'none' ? null : { id, page };
  }

  async between(from: string | undefined, to: string) {
    return [from ?? 'start', to];
  }

  async join(separator: string, ...parts: string[]) {
    return parts.join(separator);
  }

  async count() {
    return 2;
  }

  async found(id: number) {
    return user(id, 'Ada');
  }

  async all() {
    return [user(1, 'Ada'), user(2, 'Grace')];
  }

  async find(id: string, options?: { at?: Date; fields?: (string | undefined)[] }) {
    return { id, options };
  }

  async echo(value: unknown) {
    return value;
  }

  /** Not every method returns a promise. */
  size(): number {
    return 3;
  }

  async move(one: User, to: Address) {
    return Object.assign(new User(), one, { address: to });
  }
}

export const UsersContract = contract(
  'users',
  {
    byId: query({
      args: [z.string(), z.int().optional()],
      output: z.object({ id: z.string(), page: z.int().optional() }).nullable(),
    }),
    between: query({ args: [z.string().optional(), z.string()], output: z.array(z.string()) }),
    join: query({ args: [z.string()], rest: z.string(), output: z.string() }),
    count: query({ args: [], output: z.int() }),
    found: query({ args: [z.int()], output: revive(User, Named).nullable() }),
    all: query({ args: [], output: z.array(revive(User, Named)) }),
    find: query<UsersService['find']>(),
    echo: query<(value: unknown) => unknown>(),
    size: query<UsersService['size']>(),
    move: command<UsersService['move']>({ timeout: 5000 }),
    mixed: query({ args: [z.string(), typeOnly<Date | undefined>()], output: typeOnly<[string, Date?]>() }),
  },
  { classes: [User, Address] },
);
export type Users = ClientOf<typeof UsersContract>;

@Implements(UsersContract)
@Injectable()
export class UsersHandler extends UsersService {
  async mixed(id: string, at?: Date): Promise<[string, Date?]> {
    return at ? [id, at] : [id];
  }
}

@Module({ providers: [UsersHandler] })
export class UsersModule {}
