import { ContractError, event } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Copy, manifestOf, Sold } from '../sample-modules.fixture.js';
import { Outbox } from './outbox.js';

const shop = manifestOf('shop', { publishes: [Sold] });
const readers = ['zoo', 'ledger'].map((name) => manifestOf(name, { subscribes: [Sold] }));
const outbox = new Outbox(shop, [shop, ...readers, manifestOf('other', {})], () => undefined);
const nowhere = {} as EntityManager;

it('names the subscribers in one order, so that publishers cannot deadlock', () => {
  expect(outbox.appendEventArguments(Sold).slice(0, 3)).toEqual([['ledger', 'zoo'], 'shop/sold', 1]);
});

it('refuses events and jobs that the manifest does not list', async () => {
  const Stolen = event('shop/stolen', { payload: z.object({}) });
  await expect(outbox.publish(nowhere, Stolen, 'shelf/1', {})).rejects.toThrow(
    new ContractError("the manifest of 'shop' does not list the event 'shop/stolen' in `publishes`"),
  );
  await expect(outbox.enqueue(nowhere, Copy, { name: 'a' })).rejects.toThrow(
    new ContractError("the manifest of 'shop' does not list the job 'ledger.copy' in `jobs`"),
  );
});

it('refuses a payload that does not match the contract', async () => {
  await expect(outbox.publish(nowhere, Sold, 'shelf/1', { item: 7 } as never)).rejects.toThrow(z.ZodError);
});
