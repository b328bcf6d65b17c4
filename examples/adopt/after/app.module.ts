import { Module } from '@nestjs/common';
import { seamModules } from '@tearline/seam';
import { OrdersModule } from './orders/orders.module.js';
import { StockModule } from './stock/stock.module.js';

@Module({
  imports: [seamModules({ stock: StockModule, orders: OrdersModule })],
})
export class AppModule {}
