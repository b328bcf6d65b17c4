import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { SeamModule } from '@tearline/seam';
import { OrdersModule } from './orders/orders.module.js';
import { SeamErrorFilter } from './seam-error.filter.js';
import { StockContract } from './stock/contract.js';
import { StockModule } from './stock/stock.module.js';

const { MODULES = 'stock,orders', STOCK_ADDRESSES, SEAM_SECRET: secret } = process.env;
const has = (module: string) => MODULES.split(',').includes(module);

@Module({
  imports: [
    ...(has('stock') ? [StockModule] : []),
    ...(has('orders') ? [OrdersModule] : []),
    SeamModule.forRoot({
      local: has('stock') ? [StockContract] : [],
      remote: STOCK_ADDRESSES ? [{ contracts: [StockContract], addresses: STOCK_ADDRESSES.split(',') }] : [],
      credential: { secret },
    }),
  ],
  providers: [{ provide: APP_FILTER, useClass: SeamErrorFilter }],
})
export class AppModule {}
