import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { seamModules } from '@tearline/seam';
import { describe, expect, it } from 'vitest';
import { TokenModule, TokenStrategy } from './token.strategy.js';

const WARNING =
  "OrdersController uses a guard of passport, and this host loads no strategy for it: it lacks TokenStrategy of 'tokens'. Provide the strategy in a module that every host imports, beside seamModules()";

/** Issues tokens, at a login; runs in a host of its own. */
@Module({})
class AuthModule {}

@Controller('orders')
class OrdersController {
  @Get()
  @UseGuards(AuthGuard('bearer'))
  of(@Req() { user }: { user: { id: string } }) {
    return user;
  }
}
@Module({ controllers: [OrdersController] })
class OrdersModule {}

it('a host without the module auth verifies tokens', async () => {
  const modules = seamModules({ auth: AuthModule, orders: OrdersModule }, { modules: 'orders' });
  const testing = await Test.createTestingModule({ imports: [TokenModule, modules] }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  await app.listen(0, '127.0.0.1');
  const get = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${await app.getUrl()}/orders`, { headers });
    return [response.status, await response.json()];
  };
  expect(await get('user-7')).toEqual([200, { id: 'user-7' }]);
  expect(await get('unknown')).toMatchObject([401, {}]);
  await app.close();
});

describe('at start, a host with a guard of passport', () => {
  @Module({ providers: [TokenStrategy] })
  class TokensModule {}
  const listed = { tokens: TokensModule, orders: OrdersModule };

  it.each([
    ['and without a strategy names the one that it lacks', listed, 'orders', [WARNING]],
    ['and with its strategy says nothing', listed, 'orders,tokens', []],
    ['in an application without a strategy says nothing', { ...listed, tokens: AuthModule }, 'orders', []],
    ['in another host is of no concern', { ...listed, auth: AuthModule }, 'auth', []],
  ])('%s', async (_, modules, names, warnings) => {
    const lines: string[] = [];
    const logger = {
      log: () => undefined,
      error: () => undefined,
      warn: (line: string) => void lines.push(line),
    };
    const testing = Test.createTestingModule({ imports: [seamModules(modules, { modules: names })] });
    const app = await testing.setLogger(logger).compile();
    await app.init();
    expect(lines).toEqual(warnings);
    await app.close();
  });
});
