import { Injectable } from '@nestjs/common';
import { Implements, SeamError } from '@tearline/seam';
import { Database } from './database.js';
import { type Payments, PaymentsContract } from './payments.contract.js';

export class PaymentsDatabase extends Database {
  constructor() {
    super('CREATE TABLE charges (order_id TEXT PRIMARY KEY, amount INTEGER NOT NULL)');
  }
}

@Implements(PaymentsContract)
@Injectable()
export class PaymentsService implements Payments {
  constructor(private readonly database: PaymentsDatabase) {}

  async charge(orderId: string, amount: number) {
    if (amount > 1000) throw new SeamError('payment/declined');
    this.database.run('INSERT INTO charges VALUES (?, ?) ON CONFLICT DO NOTHING', orderId, amount);
  }

  async refund(orderId: string) {
    this.database.run('DELETE FROM charges WHERE order_id = ?', orderId);
  }
}
