import { Module } from '@nestjs/common';
import { OrdersModule } from './orders/orders.module.js';
import { StockModule } from './stock/stock.module.js';

@Module({
  imports: [StockModule, OrdersModule],
})
export class AppModule {}
