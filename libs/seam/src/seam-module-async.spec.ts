import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { OrdersModule, OrdersService, StockContract, StockModule } from './composition/shop.fixture.js';
import {
  contract,
  query,
  SeamModule,
  type SeamModuleAsyncOptions,
  type SeamOptionsFactory,
} from './index.js';

const silent = { log: () => undefined, error: () => undefined, warn: () => undefined };

async function start(options: SeamModuleAsyncOptions) {
  const testing = await Test.createTestingModule({
    imports: [OrdersModule, SeamModule.forRootAsync(options), StockModule],
  })
    .setLogger(silent)
    .compile();
  return testing.init();
}

@Injectable()
class Config {
  readonly local = [StockContract];
}
@Injectable()
class SeamConfig implements SeamOptionsFactory {
  async createSeamOptions() {
    return { local: [StockContract] };
  }
}
@Module({ providers: [Config, SeamConfig], exports: [Config, SeamConfig] })
class ConfigModule {}

const contracts = [StockContract];

describe('SeamModule.forRootAsync()', () => {
  it.each<[string, SeamModuleAsyncOptions]>([
    ['a factory', { contracts, useFactory: () => ({ local: contracts }) }],
    [
      'a factory with arguments',
      {
        contracts,
        imports: [ConfigModule],
        inject: [Config],
        useFactory: async (config: Config) => ({ local: config.local }),
      },
    ],
    ['a class', { contracts, useClass: SeamConfig }],
    ['a provider', { contracts, imports: [ConfigModule], useExisting: SeamConfig }],
  ])('takes its options from %s', async (_, options) => {
    const app = await start(options);
    expect(await app.get(OrdersService, { strict: false }).stock.left()).toBe(3);
    await app.close();
  });

  const Other = contract('other', { nothing: query({}) });

  it('refuses a contract that it was not told of', async () => {
    const options = { contracts, useFactory: () => ({ local: [StockContract, Other] }) };
    await expect(start(options)).rejects.toThrow(
      "contract 'other' is placed, but is not among the contracts of SeamModule.forRootAsync()",
    );
  });

  it('refuses a contract that is placed twice', async () => {
    const options = { contracts, useFactory: () => ({ local: [StockContract, StockContract] }) };
    await expect(start(options)).rejects.toThrow("contract 'stock' is placed twice");
  });

  it('refuses a contract that is injected and has no place', async () => {
    await expect(start({ contracts, useFactory: () => ({ local: [] }) })).rejects.toThrow(
      "contract 'stock' is neither local nor remote in this process: list it as `local` or `remote` in the options of SeamModule (OrdersService injects it)",
    );
  });

  it('accepts a contract without a place that no class injects', async () => {
    const options = { contracts: [StockContract, Other], useFactory: () => ({ local: contracts }) };
    const app = await start(options);
    await expect(app.close()).resolves.toBeUndefined();
  });
});

it('a contract that is not told of is named by Nest’s error', async () => {
  const start = Test.createTestingModule({ imports: [OrdersModule, SeamModule.forRoot({ local: [] })] });
  await expect(start.setLogger(silent).compile()).rejects.toThrow(
    "argument Symbol(contract 'stock', which no SeamModule places) at index [0] is available in the OrdersModule module",
  );
});
