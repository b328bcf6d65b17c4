import { type DynamicModule, forwardRef, Injectable, Module, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SECRET } from '../placement/apps.fixture.js';
import {
  contract,
  Implements,
  query,
  Seam,
  type SeamModuleEntry,
  seamModules,
  seamServer,
} from '../index.js';
import { OrdersModule, OrdersService, StockContract, StockModule, StockService } from './shop.fixture.js';

const MODULES = { stock: StockModule, orders: OrdersModule };

const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  for (const name of ['MODULES', 'SEAM_SECRET', 'SEAM_PORT', 'SEAM_HOST', 'STOCK_ADDRESSES', 'SEAM_CHECKED'])
    vi.stubEnv(name, undefined);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  vi.unstubAllEnvs();
});

const silent = { log: () => undefined, error: () => undefined, warn: () => undefined };

async function start(...imports: (Type | DynamicModule)[]) {
  const testing = await Test.createTestingModule({ imports }).setLogger(silent).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  closing.push(() => app.close());
  return app.init();
}

/** Starts a host as the environment says. */
async function host(env: Record<string, string>, modules: Record<string, SeamModuleEntry> = MODULES) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const app = await start(seamModules(modules));
  const server = await seamServer(app);
  for (const name of Object.keys(env)) vi.stubEnv(name, undefined);
  return { app, port: server?.port };
}

const lazy = { load: async () => StockModule, contracts: [StockContract] };
const factory: SeamModuleEntry = {
  module: class StockModule {},
  providers: [{ provide: StockService, useFactory: () => new StockService() }],
  contracts: [StockContract],
};

describe.each<[string, SeamModuleEntry]>([
  ['a class', StockModule],
  ['a dynamic module', { module: class {}, providers: [{ provide: 'stock', useClass: StockService }] }],
  ['a dynamic module with providers of factories', factory],
  ['a module that imports another one', { module: class {}, imports: [forwardRef(() => StockModule)] }],
  ['a function', lazy],
])('a module that is given as %s', (_, stock) => {
  it('is loaded by a host of all modules', async () => {
    const { app, port } = await host({}, { stock, orders: OrdersModule });
    expect(await app.get(OrdersService, { strict: false }).stock.left()).toBe(3);
    expect(port).toBeUndefined();
  });

  it('is called by a host that does not load it', async () => {
    const modules = { stock, orders: OrdersModule };
    const { port } = await host({ MODULES: 'stock', SEAM_PORT: '0', SEAM_SECRET: SECRET }, modules);
    const env = { MODULES: ' orders ,', STOCK_ADDRESSES: `127.0.0.1:${port}`, SEAM_SECRET: SECRET };
    const { app } = await host(env, modules);
    expect(() => app.get(StockService, { strict: false })).toThrow('could not find StockService');
    expect(await app.get(OrdersService, { strict: false }).stock.left()).toBe(3);
  });
});

it('a module that is given by a function is imported only where it is loaded', async () => {
  const load = vi.fn<() => Promise<Type>>(async () => StockModule);
  seamModules({ stock: { load, contracts: [StockContract] }, orders: OrdersModule }, { modules: 'orders' });
  expect(load).not.toHaveBeenCalled();
});

it('options may come from a factory, and say more than the environment', async () => {
  const recorded: string[] = [];
  @Module({ providers: [{ provide: 'PREFIX', useValue: 'call' }], exports: ['PREFIX'] })
  class SettingsModule {}
  const { port } = await host({ MODULES: 'stock', SEAM_PORT: '0', SEAM_SECRET: SECRET });
  const app = await start(
    seamModules(MODULES, {
      modules: 'orders',
      imports: [SettingsModule],
      inject: ['PREFIX'],
      useFactory: (prefix: string) => ({
        credential: { secret: SECRET },
        addresses: { stock: [`127.0.0.1:${port}`] },
        tuning: { connections: 1 },
        observer: {
          callRecorder: (name, method) => (outcome) =>
            void recorded.push([prefix, name, method, outcome].join(' ')),
        },
      }),
    }),
  );
  expect(await app.get(OrdersService, { strict: false }).stock.left()).toBe(3);
  expect(recorded).toEqual(['call stock left ok']);
});

describe('the start fails, with the name and the remedy,', () => {
  const InvoicesContract = contract('invoices', { sent: query({}) });
  @Injectable()
  class Mailer {
    @Seam(InvoicesContract) invoices: unknown;
  }
  @Module({ controllers: [Mailer] })
  class MailModule {}
  @Module({ imports: [StockModule] })
  class ImportingModule {}

  it.each<[string, Record<string, string>, Record<string, SeamModuleEntry>, string]>([
    [
      'of a module that does not exist',
      { MODULES: 'stock,ordres' },
      MODULES,
      "MODULES: there is no module 'ordres'; expected some of stock, orders",
    ],
    ['without a module', { MODULES: '' }, MODULES, 'MODULES: expected some of stock, orders, got nothing'],
    [
      'with a module that is undefined',
      {},
      { stock: undefined as unknown as Type },
      "'stock' is undefined; perhaps two files import each other",
    ],
    [
      'with a module that is a promise',
      {},
      { stock: Promise.resolve({ module: StockModule }) as unknown as Type },
      "'stock' is a promise; write { load: () => …, contracts: [] }",
    ],
    [
      'with a contract whose module is elsewhere, at no address',
      { MODULES: 'orders' },
      MODULES,
      "contract 'stock' is neither local nor remote in this process: set STOCK_ADDRESSES to the host:port at which 'stock' runs, or add 'stock' to MODULES (OrdersService injects it)",
    ],
    [
      'with a contract that no module implements',
      {},
      { mail: MailModule },
      "Mailer injects contract 'invoices', which no module of seamModules() implements",
    ],
    [
      'with an import of a module that is elsewhere',
      { MODULES: 'importing', STOCK_ADDRESSES: 'stock:7001' },
      { stock: StockModule, importing: ImportingModule },
      "MODULES leaves out 'stock', but ImportingModule imports StockModule: inject a contract of 'stock' instead",
    ],
    [
      'without a secret',
      { MODULES: 'orders', STOCK_ADDRESSES: 'stock:7001' },
      MODULES,
      'SEAM_SECRET is not set',
    ],
    [
      'with a wrong port',
      { SEAM_PORT: '70010' },
      MODULES,
      "SEAM_PORT: expected a number from 0 to 65535, got '70010'",
    ],
    ['with a server and no secret', { SEAM_PORT: '0' }, MODULES, 'need a credential'],
    ['with a wrong switch', { SEAM_CHECKED: 'yes' }, MODULES, "SEAM_CHECKED: expected on or off, got 'yes'"],
    [
      'with a contract that is named and not implemented',
      {},
      { stock: { module: class {}, contracts: [StockContract] } },
      "contract 'stock' is local, but no provider is marked @Implements() for it",
    ],
  ])('%s', async (_, env, modules, message) => {
    await expect(host(env, modules)).rejects.toThrow(message);
  });

  it('a module may import another one that runs in the same process', async () => {
    const { app } = await host({}, { stock: StockModule, importing: ImportingModule });
    expect(app.get(StockService, { strict: false })).toBeInstanceOf(StockService);
  });
});

it('a provider of the root module injects what a module exports', async () => {
  @Module({ providers: [StockService], exports: [StockService] })
  class ExportingModule {}
  @Injectable()
  class Clock {
    constructor(readonly stock: StockService) {}
  }
  Reflect.defineMetadata('design:paramtypes', [StockService], Clock);
  @Module({
    imports: [
      seamModules({ stock: ExportingModule, late: { load: async () => OrdersModule, contracts: [] } }),
    ],
    providers: [Clock],
  })
  class RootModule {}
  expect((await start(RootModule)).get(Clock).stock).toBeInstanceOf(StockService);
});

it('a host that injects nothing of a module needs no address of it', async () => {
  const { app } = await host({ MODULES: 'stock' });
  expect(app.get(StockService, { strict: false })).toBeInstanceOf(StockService);
});

it('a client of a contract without a place says so when it is called', async () => {
  @Module({})
  class AuditModule {}
  const { app } = await host({ MODULES: 'audit' }, { stock: StockModule, audit: AuditModule });
  const client: OrdersService['stock'] = app.get(StockContract.token, { strict: false });
  await expect(client.left()).rejects.toThrow(
    "contract 'stock' is neither local nor remote in this process: set",
  );
});

it('two modules of one host share its connections', async () => {
  const PricesContract = contract('prices', { of: query({}) });
  @Implements(PricesContract)
  @Injectable()
  class PricesService {
    async of() {}
  }
  @Module({ providers: [PricesService] })
  class PricesModule {}
  const modules = { stock: StockModule, prices: PricesModule, orders: OrdersModule };
  const { port } = await host({ MODULES: 'stock,prices', SEAM_PORT: '0', SEAM_SECRET: SECRET }, modules);
  const at = `127.0.0.1:${port}`;
  const env = { MODULES: 'orders', STOCK_ADDRESSES: at, PRICES_ADDRESSES: at, SEAM_SECRET: SECRET };
  const { app } = await host(env, modules);
  await app.get(OrdersService, { strict: false }).stock.left();
  const prices: { of(): Promise<void> } = app.get(PricesContract.token, { strict: false });
  expect(await prices.of()).toBeUndefined();
});
