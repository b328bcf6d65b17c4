import { Injectable } from '@nestjs/common';
import { Seam } from '@tearline/seam';
import { type Stock, StockContract } from '../stock/stock.contract.js';

export interface Order {
  readonly id: number;
  readonly sku: string;
  readonly quantity: number;
  readonly leftInStock: number;
}

/** Orders that were placed; kept in memory here. */
@Injectable()
export class OrdersService {
  readonly #orders: Order[] = [];

  constructor(@Seam(StockContract) private readonly stock: Stock) {}

  async place(sku: string, quantity: number): Promise<Order> {
    const { left } = await this.stock.take(sku, quantity);
    const order = { id: this.#orders.length + 1, sku, quantity, leftInStock: left };
    this.#orders.push(order);
    return order;
  }

  all(): readonly Order[] {
    return this.#orders;
  }
}
