import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Implements } from '@tearline/seam';
import { StockContract } from './stock.contract.js';

export interface Item {
  readonly sku: string;
  readonly left: number;
  readonly restockedOn: Date;
}

/** What is in the warehouse; kept in memory here. */
@Implements(StockContract)
@Injectable()
export class StockService {
  readonly #items = new Map<string, Item>([
    ['lamp', { sku: 'lamp', left: 3, restockedOn: new Date('2026-01-05') }],
    ['desk', { sku: 'desk', left: 1, restockedOn: new Date('2026-02-09') }],
  ]);

  async item(sku: string): Promise<Item> {
    return this.#find(sku);
  }

  async take(sku: string, quantity: number): Promise<Item> {
    const item = this.#find(sku);
    if (item.left < quantity) throw new ConflictException(`only ${item.left} left of ${sku}`);
    const taken = { ...item, left: item.left - quantity };
    this.#items.set(sku, taken);
    return taken;
  }

  #find(sku: string): Item {
    const item = this.#items.get(sku);
    if (!item) throw new NotFoundException(`there is no ${sku}`);
    return item;
  }
}
