import { Injectable } from '@nestjs/common';
import { Implements, SeamError } from '@tearline/seam';
import { Database } from './database.js';
import { type Stock, StockContract } from './stock.contract.js';

export class StockDatabase extends Database {
  constructor() {
    super(`
      CREATE TABLE items (sku TEXT PRIMARY KEY, left INTEGER NOT NULL CHECK (left >= 0));
      CREATE TABLE taken (order_id TEXT PRIMARY KEY, sku TEXT NOT NULL, quantity INTEGER NOT NULL, expires INTEGER);
    `);
  }
}

@Implements(StockContract)
@Injectable()
export class StockService implements Stock {
  constructor(private readonly database: StockDatabase) {}

  async left(sku: string) {
    this.#putBackExpired();
    return this.database.rows<{ left: number }>('SELECT left FROM items WHERE sku = ?', sku)[0]?.left ?? 0;
  }

  async take(orderId: string, sku: string, quantity: number) {
    this.#take(orderId, sku, quantity, null);
  }

  /** Undoes `take` or `reserve`; without either it has no effect. */
  async putBack(orderId: string) {
    this.database.transaction(() => this.#putBack('order_id = ?', orderId));
  }

  /** Takes the items until `expires`. */
  async reserve(orderId: string, sku: string, quantity: number, expires: Date) {
    this.#putBackExpired();
    this.#take(orderId, sku, quantity, expires.getTime());
  }

  async confirm(orderId: string) {
    this.#putBackExpired();
    if (this.database.run('UPDATE taken SET expires = NULL WHERE order_id = ?', orderId) === 0)
      throw new SeamError('stock/expired');
  }

  /** The effect and the note that the order has had it are one transaction. */
  #take(orderId: string, sku: string, quantity: number, expires: number | null): void {
    this.database.transaction(() => {
      const isNew = this.database.run(
        'INSERT INTO taken VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        orderId,
        sku,
        quantity,
        expires,
      );
      if (isNew === 0) return;
      const sql = 'UPDATE items SET left = left - ? WHERE sku = ? AND left >= ?';
      if (this.database.run(sql, quantity, sku, quantity) === 0) throw new SeamError('stock/not-enough');
    });
  }

  #putBackExpired(): void {
    this.database.transaction(() => this.#putBack('expires < ?', Date.now()));
  }

  #putBack(which: string, value: string | number): void {
    const sql = `DELETE FROM taken WHERE ${which} RETURNING sku, quantity`;
    for (const { sku, quantity } of this.database.rows<{ sku: string; quantity: number }>(sql, value))
      this.database.run('UPDATE items SET left = left + ? WHERE sku = ?', quantity, sku);
  }
}
