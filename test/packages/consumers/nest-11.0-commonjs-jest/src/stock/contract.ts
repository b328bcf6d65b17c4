import { type ClientOf, command, contract, query } from '@tearline/seam';

export interface Item {
  sku: string;
  left: number;
  restockedOn: Date;
}

export const StockContract = contract('stock', {
  item: query<(input: { sku: string }) => Item>({ errors: ['stock/unknown'] }),
  take: command<(input: { sku: string; quantity: number }) => Item>({
    errors: ['stock/unknown', 'stock/not-enough'],
  }),
  refill: command(),
});
export type Stock = ClientOf<typeof StockContract>;
