import { Injectable } from '@nestjs/common';
import { Implements, type InputOf, SeamError } from '@tearline/seam';
import { type Item, type Stock, StockContract } from './contract.js';

@Implements(StockContract)
@Injectable()
export class StockService implements Stock {
  private left = 3;

  async item({ sku }: InputOf<typeof StockContract, 'item'>): Promise<Item> {
    if (sku !== 'lamp') throw new SeamError('stock/unknown', { message: `there is no ${sku}` });
    return { sku, left: this.left, restockedOn: new Date('2026-01-05') };
  }

  async take({ sku, quantity }: InputOf<typeof StockContract, 'take'>): Promise<Item> {
    const { left } = await this.item({ sku });
    if (left < quantity) throw new SeamError('stock/not-enough', { data: { left } });
    this.left -= quantity;
    return this.item({ sku });
  }

  async refill(): Promise<void> {
    this.left = 3;
  }
}
