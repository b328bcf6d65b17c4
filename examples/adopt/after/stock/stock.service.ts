import { Injectable } from '@nestjs/common';
import { Implements, type InputOf, SeamError } from '@tearline/seam';
import { type Item, type Stock, StockContract } from './contract.js';

/** What is in the warehouse; kept in memory here. */
@Implements(StockContract)
@Injectable()
export class StockService implements Stock {
  readonly #items = new Map<string, Item>([
    ['lamp', { sku: 'lamp', left: 3, restockedOn: new Date('2026-01-05') }],
    ['desk', { sku: 'desk', left: 1, restockedOn: new Date('2026-02-09') }],
  ]);

  async item({ sku }: InputOf<typeof StockContract, 'item'>): Promise<Item> {
    return this.#find(sku);
  }

  async take({ sku, quantity }: InputOf<typeof StockContract, 'take'>): Promise<Item> {
    const item = this.#find(sku);
    if (item.left < quantity)
      throw new SeamError('stock/not-enough', { message: `only ${item.left} left of ${sku}` });
    const taken = { ...item, left: item.left - quantity };
    this.#items.set(sku, taken);
    return taken;
  }

  #find(sku: string): Item {
    const item = this.#items.get(sku);
    if (!item) throw new SeamError('stock/unknown', { message: `there is no ${sku}` });
    return item;
  }
}
