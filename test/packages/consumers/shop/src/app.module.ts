import { type DynamicModule, Module } from '@nestjs/common';
import { SeamModule } from '@tearline/seam';
import { OrdersModule } from './orders/orders.module.js';
import { StockContract } from './stock/contract.js';
import { StockModule } from './stock/stock.module.js';

export const credential = { secret: 'a secret of at least 16 characters' };

/** What one process of the shop runs: both modules, `stock` alone, or `orders` with the address of the stock. */
export interface Placement {
  modules: ('stock' | 'orders')[];
  stockAddress?: string;
}

@Module({})
export class AppModule {
  static with({ modules, stockAddress }: Placement): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ...(modules.includes('stock') ? [StockModule] : []),
        ...(modules.includes('orders') ? [OrdersModule] : []),
        SeamModule.forRoot({
          local: modules.includes('stock') ? [StockContract] : [],
          remote: stockAddress ? [{ contracts: [StockContract], addresses: [stockAddress] }] : [],
          credential,
        }),
      ],
    };
  }
}
