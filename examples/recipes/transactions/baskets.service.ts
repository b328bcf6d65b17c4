import { Injectable } from '@nestjs/common';
import { Seam } from '@tearline/seam';
import { Database } from './database.js';
import { type Stock, StockContract } from './stock.contract.js';

export class BasketsDatabase extends Database {
  constructor() {
    super('CREATE TABLE baskets (id TEXT PRIMARY KEY, sku TEXT, paid INTEGER)');
  }
}

/** Holds an item for a while. A basket that is given up, or forgotten in a crash, costs nothing: its reservation expires. */
@Injectable()
export class BasketsService {
  constructor(
    private readonly database: BasketsDatabase,
    @Seam(StockContract) private readonly stock: Stock,
  ) {}

  async add(id: string, sku: string, quantity: number, minutes = 15): Promise<void> {
    await this.stock.reserve(id, sku, quantity, new Date(Date.now() + minutes * 60_000));
    this.database.run('INSERT INTO baskets VALUES (?, ?, 0) ON CONFLICT DO NOTHING', id, sku);
  }

  /** Confirms first: if this process then dies, the customer repeats a payment that has not happened. */
  async pay(id: string): Promise<void> {
    await this.stock.confirm(id);
    this.database.run('UPDATE baskets SET paid = 1 WHERE id = ?', id);
  }

  async giveUp(id: string): Promise<void> {
    this.database.run('DELETE FROM baskets WHERE id = ?', id);
    await this.stock.putBack(id);
  }
}
