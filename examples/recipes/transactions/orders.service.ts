import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { isSeamError, Seam } from '@tearline/seam';
import { Database } from './database.js';
import { type Payments, PaymentsContract } from './payments.contract.js';
import { type Stock, StockContract } from './stock.contract.js';

type Step = 'charge' | 'take' | 'refund' | 'placed' | 'rejected';

export interface Order {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly step: Step;
}

export class OrdersDatabase extends Database {
  constructor() {
    super('CREATE TABLE orders (id TEXT PRIMARY KEY, sku TEXT, quantity INTEGER, step TEXT)');
  }
}

/** The step after each step: when it has succeeded, and when the other module has refused it. */
const NEXT: Readonly<Record<string, { done: Step; refused?: Step }>> = {
  charge: { done: 'take', refused: 'rejected' },
  take: { done: 'placed', refused: 'refund' },
  refund: { done: 'rejected' },
};

/** Places orders in steps. The row of an order says which step is next, so no order is forgotten, whatever fails. */
@Injectable()
export class OrdersService {
  readonly #logger = new Logger(OrdersService.name);

  constructor(
    private readonly database: OrdersDatabase,
    @Seam(StockContract) private readonly stock: Stock,
    @Seam(PaymentsContract) private readonly payments: Payments,
  ) {}

  async place(sku: string, quantity: number): Promise<Order> {
    const id = randomUUID();
    this.database.run('INSERT INTO orders VALUES (?, ?, ?, ?)', id, sku, quantity, 'charge');
    await this.proceed(id);
    return this.find(id);
  }

  find(id: string): Order {
    return this.database.rows<Order>('SELECT * FROM orders WHERE id = ?', id)[0]!;
  }

  /** Goes on with all orders that are not at their end; call it at start and every few seconds. */
  async proceedAll(): Promise<void> {
    const sql = "SELECT id FROM orders WHERE step IN ('charge', 'take', 'refund')";
    for (const { id } of this.database.rows<Order>(sql))
      await this.proceed(id).catch((error: unknown) =>
        this.#logger.warn(`order ${id} waits: ${String(error)}`),
      );
  }

  async proceed(id: string): Promise<void> {
    for (;;) {
      const order = this.find(id);
      const next = NEXT[order.step];
      if (!next) return;
      const step = (await this.#do(order)) ? next.done : next.refused;
      // The row may have gone further by another process.
      this.database.run('UPDATE orders SET step = ? WHERE id = ? AND step = ?', step!, id, order.step);
    }
  }

  /** @returns false when the other module has refused the step; any other error leaves the order at its step */
  async #do({ id, sku, quantity, step }: Order): Promise<boolean> {
    try {
      if (step === 'charge') await this.payments.charge(id, quantity * 10);
      else if (step === 'take') await this.stock.take(id, sku, quantity);
      else await this.payments.refund(id);
      return true;
    } catch (error) {
      if (isSeamError(error, 'stock/not-enough') || isSeamError(error, 'payment/declined')) return false;
      throw error;
    }
  }
}
