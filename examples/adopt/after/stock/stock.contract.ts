import { type ClientOf, command, contract, query } from '@tearline/seam';
import type { StockService } from './stock.service.js';

/** What other modules may ask of the stock. */
export const StockContract = contract(
  'stock',
  {
    item: query<StockService['item']>(),
    take: command<StockService['take']>(),
  },
  { httpExceptions: true },
);
export type Stock = ClientOf<typeof StockContract>;
