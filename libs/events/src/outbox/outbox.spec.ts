import { ContractError, event } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Copy, manifestOf, Sold } from '../toy.fixture.js';
import { Outbox } from './outbox.js';

const shop = manifestOf('shop', { publishes: [Sold] });
const readers = ['zoo', 'ledger'].map((name) => manifestOf(name, { subscribes: [Sold] }));
const outbox = new Outbox(shop, [shop, ...readers, manifestOf('deaf', {})], () => undefined);
const nowhere = {} as EntityManager;

it('names the subscribers in one order, so that publishers do not wait for each other in a circle', () => {
  expect(outbox.appendEventArguments(Sold).slice(0, 3)).toEqual([['ledger', 'zoo'], 'shop/sold', 1]);
});

it('refuses what the manifest does not name', async () => {
  const Stolen = event('shop/stolen', { payload: z.object({}) });
  await expect(outbox.publish(nowhere, Stolen, 'shelf/1', {})).rejects.toThrow(
    new ContractError("the manifest of 'shop' does not name the event 'shop/stolen' in `publishes`"),
  );
  await expect(outbox.enqueue(nowhere, Copy, { name: 'a' })).rejects.toThrow(
    new ContractError("the manifest of 'shop' does not name the job 'ledger.copy'"),
  );
});

it('refuses a payload that does not fit', async () => {
  await expect(outbox.publish(nowhere, Sold, 'shelf/1', { item: 7 } as never)).rejects.toThrow(z.ZodError);
});
