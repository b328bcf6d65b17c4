import { Injectable } from '@nestjs/common';
import { type ClientOf, contract, query, Seam } from '@tearline/seam';
import { z } from 'zod';

const Item = z.object({ sku: z.string(), title: z.string() });

export const CatalogContract = contract('catalog', {
  /** Those of `skus` that exist, in any order. */
  itemsBySku: query({ args: [z.array(z.string()).max(1000)], output: z.array(Item) }),
});
export type Catalog = ClientOf<typeof CatalogContract>;

export interface Order {
  readonly id: number;
  readonly sku: string;
}

@Injectable()
export class OrderPages {
  constructor(@Seam(CatalogContract) private readonly catalog: Catalog) {}

  /** One call for a page, however many orders it has. */
  async withItems(orders: readonly Order[]) {
    const items = await this.catalog.itemsBySku([...new Set(orders.map(({ sku }) => sku))]);
    const bySku = new Map(items.map((item) => [item.sku, item]));
    // An item may be gone by now: no foreign key spans two modules.
    return orders.map((order) => ({ ...order, title: bySku.get(order.sku)?.title ?? null }));
  }
}
