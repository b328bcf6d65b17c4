import { type ClientOf, command, contract, query } from '@tearline/seam';
import { z } from 'zod';

const Item = z.object({ sku: z.string(), left: z.int(), restockedOn: z.date() });
export type Item = z.infer<typeof Item>;

export const StockContract = contract('stock', {
  item: query({ input: z.object({ sku: z.string() }), output: Item, errors: ['stock/unknown'] }),
  take: command({
    input: z.object({ sku: z.string(), quantity: z.int().positive() }),
    output: Item,
    errors: ['stock/unknown', 'stock/not-enough'],
  }),
});
export type Stock = ClientOf<typeof StockContract>;
