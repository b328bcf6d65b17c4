import { type ClientOf, command, contract, query } from '@tearline/seam';
import { dto } from '@tearline/seam/class-validator';
import { IsInt, IsPositive, IsString } from 'class-validator';
import { z } from 'zod';

const Item = z.object({ sku: z.string(), left: z.int(), restockedOn: z.date() });
export type Item = z.infer<typeof Item>;

class Taking {
  @IsString()
  sku!: string;

  @IsInt()
  @IsPositive()
  quantity!: number;
}

export const StockContract = contract('stock', {
  item: query({ input: z.object({ sku: z.string() }), output: Item, errors: ['stock/unknown'] }),
  take: command({
    input: dto(Taking),
    output: Item,
    errors: ['stock/unknown', 'stock/not-enough'],
  }),
  refill: command({}),
});
export type Stock = ClientOf<typeof StockContract>;
