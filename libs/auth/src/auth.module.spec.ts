import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Module,
  Post,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { CallContext, runCall, SeamError } from '@tearline/seam';
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Authenticated,
  AuthModule,
  generateSigningKey,
  OptionallyAuthenticated,
  publicKeysOf,
  Token,
  ViewerId,
  WriteLimit,
} from './index.js';

@Controller()
class SampleController {
  @Get('mine')
  @Authenticated()
  mine(@ViewerId() viewer: number, @Token() token: string) {
    return { viewer, token };
  }

  @Post('mine')
  @Authenticated()
  write() {
    return {};
  }

  @Get('ours')
  @OptionallyAuthenticated()
  ours(@ViewerId() viewer: number | undefined) {
    return { viewer: viewer ?? 'anonymous' };
  }
}

/** Does not import the AuthModule itself. */
@Module({ controllers: [SampleController] })
class SampleModule {}

@Catch(SeamError)
class SeamErrorFilter implements ExceptionFilter<SeamError> {
  catch({ code }: SeamError, host: ArgumentsHost) {
    const reply = host.switchToHttp().getResponse<{ status(code: number): { send(body: unknown): void } }>();
    reply.status(401).send({ code });
  }
}

let app: NestFastifyApplication;
let token: string;

beforeAll(async () => {
  const key = await generateSigningKey();
  token = await new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
    .setIssuer('tearline')
    .setSubject('7')
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(key, 'EdDSA'));
  const testing = await Test.createTestingModule({
    imports: [AuthModule.forRoot({ jwks: publicKeysOf(key), writesPerMinute: 2 }), SampleModule],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useGlobalFilters(new SeamErrorFilter());
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (_request, _reply, done) =>
      runCall(new CallContext({ requestId: 'r', deadline: Infinity }), done),
    );
  await app.init();
});
afterAll(() => app.close());

async function get(url: string, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  const { statusCode, body } = await app.inject({ url, headers });
  return { statusCode, body: JSON.parse(body) as unknown };
}

describe('a route that requires a token', () => {
  it.each(['Token', 'Bearer', 'token', 'BEARER', 'Token  '])('accepts the scheme %s', async (scheme) => {
    for (const _ of ['new', 'cached']) {
      const reply = await get('/mine', `${scheme} ${token}`);
      expect(reply).toEqual({ statusCode: 200, body: { viewer: 7, token } });
    }
  });

  it('rejects a request without one', async () => {
    expect(await get('/mine')).toEqual({ statusCode: 401, body: { code: 'token/is-missing' } });
  });
});

describe('the writes of a user', () => {
  it('are limited per minute, and reads are not', async () => {
    const limit = new WriteLimit(2);
    const count = (id: string, method: string) => () => limit.count({ id }, method);
    for (const method of ['POST', 'DELETE', 'GET', 'HEAD', 'GET']) count('1', method)();
    expect(count('1', 'PUT')).toThrow(expect.objectContaining({ code: 'writes/too-many' }));
    expect(count('1', 'GET')).not.toThrow();
    expect(count('2', 'PUT')).not.toThrow();
  });

  it('are counted behind the check of the token', async () => {
    const write = async () => {
      const headers = { authorization: `Token ${token}` };
      return JSON.parse((await app.inject({ method: 'POST', url: '/mine', headers })).body) as unknown;
    };
    await write();
    await write();
    expect(await write()).toEqual({ code: 'writes/too-many' });
    expect(await get('/mine', `Token ${token}`)).toMatchObject({ statusCode: 200 });
  });
});

it('a route with an optional token works without one, and knows the principal of one', async () => {
  expect(await get('/ours')).toEqual({ statusCode: 200, body: { viewer: 'anonymous' } });
  expect(await get('/ours', `Token ${token}`)).toEqual({ statusCode: 200, body: { viewer: 7 } });
});

describe.each(['/mine', '/ours'])('%s rejects', (url) => {
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg })).toString('base64url');

  it.each<[string, () => string]>([
    ['an empty header', () => ''],
    ['a scheme alone', () => 'Token'],
    ['a token alone', () => token],
    ['two tokens', () => `Token ${token} ${token}`],
    ['another scheme', () => `Basic ${token}`],
    ['a scheme that ends in a valid one', () => `XToken ${token}`],
    ['a token that is no JWT', () => 'Token garbage'],
    ['a token without its signature', () => `Token ${token.slice(0, token.lastIndexOf('.') + 1)}`],
    ['a token that says alg none', () => `Token ${header('none')}.${token.split('.')[1]}.`],
    ['a token over 4 KiB', () => `Token ${token}${'A'.repeat(4096)}`],
  ])('%s', async (_, authorization) => {
    expect(await get(url, authorization())).toEqual({ statusCode: 401, body: { code: 'token/is-invalid' } });
  });
});
