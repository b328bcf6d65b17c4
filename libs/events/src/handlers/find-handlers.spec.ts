import { Injectable, Module, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { ModuleManifest } from '@tearline/seam';
import { expect, it } from 'vitest';
import { OnEvent } from '../inbox/on-event.decorator.js';
import { Subscriber } from '../inbox/on-event.decorator.js';
import { Every } from '../jobs/every.decorator.js';
import { OnJob } from '../jobs/on-job.decorator.js';
import { Closed, Copy, manifestOf, Sold } from '../sample-modules.fixture.js';
import { findHandlers } from './find-handlers.js';

@Subscriber('ledger')
@Injectable()
class Books {
  @OnEvent(Sold)
  async sold(): Promise<void> {}
}

@Subscriber('ledger')
@Injectable()
class MoreBooks {
  @OnEvent(Sold)
  async soldAgain(): Promise<void> {}
}

@Subscriber('ledger')
@Injectable()
class Machines {
  @OnJob(Copy)
  async copy(): Promise<void> {}

  @Every(60_000, 'ledger.tick')
  async tick(): Promise<void> {}
}

@Subscriber('library')
@Injectable()
class Elsewhere {
  @OnEvent(Closed)
  async closed(): Promise<void> {}
}

async function handlersOf(manifest: Partial<ModuleManifest>, ...providers: Type[]) {
  @Module({ imports: [DiscoveryModule], providers })
  class Root {}
  const app = await Test.createTestingModule({ imports: [Root] }).compile();
  return findHandlers(
    manifestOf('ledger', manifest),
    app.get(DiscoveryService, { strict: false }),
    app.get(MetadataScanner, { strict: false }),
  );
}

it('finds the handlers of one module', async () => {
  const manifest = { subscribes: [Sold], jobs: ['ledger.copy', 'ledger.tick'] };
  const { events, jobs, schedules } = await handlersOf(manifest, Books, Machines, Elsewhere);
  expect([...events.keys()]).toEqual(['shop/sold']);
  expect([...jobs.keys()]).toEqual(['ledger.copy', 'ledger.tick']);
  expect(schedules).toEqual([{ intervalMs: 60_000, queue: 'ledger.tick' }]);
});

it.each<[string, Partial<ModuleManifest>, Type[], string]>([
  [
    'an event without a handler',
    { subscribes: [Sold, Closed] },
    [Books],
    "'ledger' has no handler for the event 'shop/closed'",
  ],
  [
    'two handlers',
    { subscribes: [Sold] },
    [Books, MoreBooks],
    "event 'shop/sold' has two handlers: Books.sold and MoreBooks.soldAgain",
  ],
  [
    'an event that is not listed',
    {},
    [Books],
    "'ledger' handles the event 'shop/sold', which its manifest does not list",
  ],
  [
    'a job without a handler',
    { jobs: ['ledger.copy'] },
    [],
    "'ledger' has no handler for the job 'ledger.copy'",
  ],
  [
    'a job that is not listed',
    { jobs: ['ledger.copy'] },
    [Machines],
    "'ledger' handles the job 'ledger.tick', which its manifest does not list",
  ],
])('refuses %s', async (_what, manifest, providers, message) => {
  await expect(handlersOf(manifest, ...providers)).rejects.toThrow(message);
});
