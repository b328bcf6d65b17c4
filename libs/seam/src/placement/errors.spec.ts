import {
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Module,
  NotFoundException,
  Param,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ClientOf, contract, Implements, query, SeamError } from '../index.js';
import { type Placed, placementsOf } from './placements.fixture.js';

/** An exception of the application, which a caller need not have. */
class UserNotFound extends NotFoundException {
  constructor(id: string) {
    super({ message: `no user ${id}`, id, at: new Date(5) });
  }
}

const THROWN: Readonly<Record<string, () => Error>> = {
  'nest-own': () => new ForbiddenException('not yours'),
  'of-a-subclass': () => new UserNotFound('7'),
  'with-text': () => new HttpException('I am a teapot', 418),
  'with-another-status': () => new HttpException({ message: ['a', 'b'] }, 404),
  'with-data': () => new SeamError('users/taken', { data: { field: 'name', at: new Date(5) } }),
  'with-text-as-data': () => new SeamError('users/listed', { data: [1n, undefined, new Date(6)] }),
  unexpected: () => new Error('the disk is on fire'),
};

const fail = () => query<(how: string) => void>({ errors: ['users/listed'] });
const UsersContract = contract(
  'users',
  {
    fail: fail(),
    named: query<(how: string) => void>({
      errors: { 'users/taken': z.object({ field: z.string(), at: z.date() }), 'users/gone': null },
    }),
  },
  { httpExceptions: true },
);
const StrictContract = contract('strict', { fail: fail() });

@Implements(UsersContract)
@Injectable()
class UsersHandler implements ClientOf<typeof UsersContract> {
  async fail(how: string) {
    throw THROWN[how]!();
  }
  async named(how: string) {
    throw THROWN[how]!();
  }
}
@Module({ providers: [UsersHandler] })
class UsersModule {}

@Implements(StrictContract)
@Injectable()
class StrictHandler implements ClientOf<typeof StrictContract> {
  async fail(how: string) {
    throw THROWN[how]!();
  }
}
@Module({ providers: [StrictHandler] })
class StrictModule {}

describe.each(placementsOf(UsersContract, UsersModule))('an error, $name', ({ open }) => {
  let placed: Placed<typeof UsersContract>;
  beforeAll(async () => {
    placed = await open();
  });
  afterAll(() => placed.close());

  const thrownBy = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error);

  it.each([
    ['nest-own', ForbiddenException],
    ['of-a-subclass', NotFoundException],
    ['with-text', HttpException],
    ['with-another-status', HttpException],
  ])('an HttpException, %s, arrives as one with the same status and body', async (how, type) => {
    const error = (await thrownBy(placed.probe.fail(how))) as HttpException;
    const expected = THROWN[how]!() as HttpException;
    expect(error).toBeInstanceOf(type);
    expect(error.message).toBe(expected.message);
    expect([error.getStatus(), error.getResponse()]).toEqual([expected.getStatus(), expected.getResponse()]);
  });

  it('an HttpException is counted by its status, and is not unexpected', async () => {
    placed.caller.calls.length = 0;
    await thrownBy(placed.probe.fail('of-a-subclass'));
    expect(placed.caller.calls.join()).toMatch(/^users fail (local|remote) http-404$/);
    expect(placed.errors).toEqual([]);
  });

  it('the data of a declared code arrives as it left', async () => {
    expect(await thrownBy(placed.probe.named('with-data'))).toMatchObject({
      code: 'users/taken',
      data: { field: 'name', at: new Date(5) },
    });
    expect(await thrownBy(placed.probe.fail('with-text-as-data'))).toMatchObject({
      data: [1n, undefined, new Date(6)],
    });
  });

  it('of any other kind is internal', async () => {
    expect(await thrownBy(placed.probe.fail('unexpected'))).toMatchObject({ code: 'internal' });
    expect(await thrownBy(placed.probe.fail('with-data'))).toMatchObject({
      code: 'internal',
      data: undefined,
    });
  });
});

it.each(placementsOf(StrictContract, StrictModule))(
  'an HttpException is internal where the contract does not allow it, $name',
  async ({ open }) => {
    const placed = await open();
    await expect(placed.probe.fail('of-a-subclass')).rejects.toMatchObject({ code: 'internal' });
    expect(placed.errors).toEqual(['strict.fail: no user 7']);
    await placed.close();
  },
);

describe('an application without a filter answers', () => {
  @Controller()
  class FailingController {
    @Get(':kind')
    fail(@Param('kind') kind: string) {
      throw kind === 'taken'
        ? new SeamError('users/taken', { message: 'the name is taken' })
        : new SeamError(kind.replace('.', '/'), {
            message: 'users.find: connect ECONNREFUSED 10.0.0.7:7001',
          });
    }
  }
  @Module({ controllers: [FailingController] })
  class FailingModule {}

  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(FailingModule, new FastifyAdapter(), {
      logger: false,
    });
    await app.init();
  });
  afterAll(() => app.close());

  it.each([
    ['unavailable', 503, 'Service Unavailable'],
    ['deadline-exceeded', 504, 'Gateway Timeout'],
    ['internal', 500, 'Internal Server Error'],
    ['cancelled', 503, 'Service Unavailable'],
    ['invalid-input', 422, 'Unprocessable Entity'],
  ])('%s with %i, and shows nothing of the inside', async (code, statusCode, message) => {
    const response = await app.inject(`/${code}`);
    expect([response.statusCode, response.json()]).toEqual([
      statusCode,
      { statusCode, message, error: code },
    ]);
  });

  it.each([
    ['users.not-found', 404],
    ['users.forbidden', 403],
    ['users.odd', 422],
  ])('%s with %i', async (code, status) => {
    expect((await app.inject(`/${code}`)).statusCode).toBe(status);
  });

  it('a declared code with its message', async () => {
    const response = await app.inject('/taken');
    expect(response.json()).toEqual({ statusCode: 409, message: 'the name is taken', error: 'users/taken' });
  });
});
