import { Test } from '@nestjs/testing';
import { expect, it, vi } from 'vitest';
import { type Catalog, CatalogContract, OrderPages } from './orders-with-items.js';

it('a page of orders asks the catalog once', async () => {
  const itemsBySku = vi.fn<Catalog['itemsBySku']>(async () => [{ sku: 'lamp', title: 'A lamp' }]);
  const { app, pages } = await open({ itemsBySku });
  const orders = [
    { id: 1, sku: 'lamp' },
    { id: 2, sku: 'sofa' },
    { id: 3, sku: 'lamp' },
  ];
  expect(await pages.withItems(orders)).toEqual([
    { id: 1, sku: 'lamp', title: 'A lamp' },
    { id: 2, sku: 'sofa', title: null },
    { id: 3, sku: 'lamp', title: 'A lamp' },
  ]);
  expect(itemsBySku.mock.calls).toEqual([[['lamp', 'sofa']]]);
  await app.close();
});

/** A client is an ordinary provider: a test provides its own, and needs no SeamModule. */
async function open(catalog: Catalog) {
  const app = await Test.createTestingModule({
    providers: [OrderPages, { provide: CatalogContract.token, useValue: catalog }],
  }).compile();
  return { app, pages: app.get(OrderPages) };
}
