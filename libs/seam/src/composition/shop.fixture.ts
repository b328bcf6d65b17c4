import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { type ClientOf, contract, Implements, query, Seam } from '../index.js';

export const StockContract = contract('stock', { left: query({ output: z.int() }) });
export type Stock = ClientOf<typeof StockContract>;

@Implements(StockContract)
@Injectable()
export class StockService implements Stock {
  async left() {
    return 3;
  }
}
@Module({ providers: [StockService] })
export class StockModule {}

@Injectable()
export class OrdersService {
  constructor(@Seam(StockContract) readonly stock: Stock) {}
}
@Module({ providers: [OrdersService] })
export class OrdersModule {}
