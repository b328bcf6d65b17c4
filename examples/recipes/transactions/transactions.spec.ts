import { Module, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { seamModules } from '@tearline/seam';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from './database.js';
import { OrdersDatabase, OrdersService } from './orders.service.js';
import { PaymentsDatabase, PaymentsService } from './payments.service.js';
import { BasketsDatabase, BasketsService } from './baskets.service.js';
import { StockDatabase, StockService } from './stock.service.js';

const silent = { log: () => undefined, error: () => undefined, warn: () => undefined };

/** The databases outlive the process, as servers do. */
let stock: StockDatabase;
let payments: PaymentsDatabase;
let orders: OrdersDatabase;
let baskets: BasketsDatabase;
beforeEach(() => {
  stock = new StockDatabase();
  stock.run("INSERT INTO items VALUES ('lamp', 3), ('desk', 1)");
  payments = new PaymentsDatabase();
  orders = new OrdersDatabase();
  baskets = new BasketsDatabase();
});
afterEach(() => vi.restoreAllMocks());

function module(...providers: Provider[]) {
  @Module({ providers })
  class ShopModule {}
  return ShopModule;
}

/** Starts a process on the databases. */
async function start() {
  const modules = {
    stock: module(StockService, { provide: StockDatabase, useValue: stock }),
    payments: module(PaymentsService, { provide: PaymentsDatabase, useValue: payments }),
    orders: module(OrdersService, { provide: OrdersDatabase, useValue: orders }),
    baskets: module(BasketsService, { provide: BasketsDatabase, useValue: baskets }),
  };
  const testing = await Test.createTestingModule({
    imports: [seamModules(modules, { useFactory: () => ({ checked: true }) })],
  })
    .setLogger(silent)
    .compile();
  return testing.init();
}

const left = (sku: string) =>
  stock.rows<{ left: number }>('SELECT left FROM items WHERE sku = ?', sku)[0]!.left;
const charges = () => payments.rows('SELECT * FROM charges').length;

describe('an order in steps', () => {
  it.each([
    ['placed', 'lamp', 2, { left: 1, charges: 1 }],
    ['rejected', 'lamp', 4, { left: 3, charges: 0 }],
    ['rejected', 'lamp', 101, { left: 3, charges: 0 }],
  ])('ends as %s: %s × %i', async (step, sku, quantity, effect) => {
    const app = await start();
    expect(await app.get(OrdersService, { strict: false }).place(sku, quantity)).toMatchObject({ step });
    expect({ left: left('lamp'), charges: charges() }).toEqual(effect);
    await app.close();
  });

  /** Runs `work` in a process that dies before its statement number `last` (or after it, in an outer transaction). */
  async function dyingAfter(
    last: number,
    work: (service: OrdersService) => Promise<unknown>,
  ): Promise<boolean> {
    let statements = 0;
    const run = Reflect.get(Database.prototype, 'run') as (this: Database, ...args: unknown[]) => number;
    const spy = vi.spyOn(Database.prototype, 'run').mockImplementation(function (this: Database, ...args) {
      if (statements++ >= last) throw new Error('the process has died');
      return run.apply(this, args);
    });
    const app = await start();
    const hasDied = await work(app.get(OrdersService, { strict: false })).then(
      () => statements > last,
      () => true,
    );
    spy.mockRestore();
    await app.close();
    return hasDied;
  }

  it.each([
    [2, 'placed', { left: 1, charges: 1 }],
    [4, 'rejected', { left: 3, charges: 0 }],
  ])('of %i lamps is %s, wherever a process dies, and dies again', async (quantity, step, effect) => {
    let deaths = 0;
    for (let at = 1; ; at++) {
      orders.run('DELETE FROM orders');
      stock.run('DELETE FROM taken');
      payments.run('DELETE FROM charges');
      stock.run("UPDATE items SET left = 3 WHERE sku = 'lamp'");
      const hasDied = await dyingAfter(at, (service) => service.place('lamp', quantity));
      await dyingAfter(1, (service) => service.proceedAll());
      const app = await start();
      await app.get(OrdersService, { strict: false }).proceedAll();
      await app.close();
      expect(orders.rows('SELECT step FROM orders')).toEqual([{ step }]);
      expect({ left: left('lamp'), charges: charges() }).toEqual(effect);
      if (!hasDied) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(3);
  });
});

describe('a reservation', () => {
  it('holds an item until it is confirmed, given up or expired', async () => {
    const app = await start();
    const shop = app.get(BasketsService, { strict: false });
    await shop.add('paid', 'lamp', 1);
    await shop.add('given up', 'lamp', 1);
    await shop.add('forgotten', 'lamp', 1, -1);
    await expect(shop.add('too late', 'lamp', 2)).rejects.toMatchObject({ code: 'stock/not-enough' });
    await shop.pay('paid');
    await shop.giveUp('given up');
    await expect(shop.pay('forgotten')).rejects.toMatchObject({ code: 'stock/expired' });
    await shop.add('paid', 'lamp', 1);
    expect(left('lamp')).toBe(2);
    expect(baskets.rows('SELECT id, paid FROM baskets ORDER BY id')).toEqual([
      { id: 'forgotten', paid: 0 },
      { id: 'paid', paid: 1 },
    ]);
    await app.close();
  });
});
