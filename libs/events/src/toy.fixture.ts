import { ConsoleLogger, type INestApplicationContext, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DatabaseModule, databaseUrls, migrate } from '@tearline/database';
import { contract, event, type EventContract, type ModuleManifest } from '@tearline/seam';
import type { DataSource, EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';
import type { BrokerOptions } from './broker/broker.js';
import { EventsModule } from './events.module.js';
import type { Message } from './inbox/message.js';
import { OnEvent } from './inbox/on-event.decorator.js';
import { Subscriber } from './inbox/subscriber.decorator.js';
import type { REQUEUE } from './jobs/requeue.js';
import { Every } from './jobs/every.decorator.js';
import { job } from './jobs/job.js';
import { OnJob } from './jobs/on-job.decorator.js';
import type { RunningJob } from './jobs/running-job.js';
import { outboxToken } from './outbox/inject-outbox.js';
import type { Outbox } from './outbox/outbox.js';
import { createEventTables } from './tables/create-event-tables.js';

/*
 * Two modules: a shop that tells what it sold, and a ledger that writes it down, each with its schema. A ledger that
 * writes twice is seen: nothing in its table is unique.
 */

export const Sold = event('shop/sold', { payload: z.object({ item: z.string() }) });
export const Closed = event('shop/closed', { payload: z.object({}), ends: true });
export const Unheard = event('shop/unheard', { payload: z.object({}) });

export const Copy = job('ledger.copy', { payload: z.object({ name: z.string() }), attempts: 3 });
export const Hasty = job('ledger.hasty', { payload: z.object({}), attempts: 1, timeoutMs: 300 });
export const TICK_MS = 2_500;

/** What the ledger does, besides writing down what was sold. */
export interface Behaviour {
  sold?: (event: Message<typeof Sold>, manager: EntityManager) => Promise<void> | void;
  copy?: (payload: { readonly name: string }, job: RunningJob) => Promise<void | typeof REQUEUE>;
  hasty?: (job: RunningJob) => Promise<void>;
  tick?: () => Promise<void>;
}

/** What one process of the toy is made of. */
export interface ToyOptions {
  urls: Readonly<Record<string, string>>;
  broker: BrokerOptions;
  modules?: readonly ('shop' | 'ledger')[];
  work?: boolean;
  concurrency?: number;
  behaviour?: Behaviour;
  /** The release of the event that this process knows. */
  sold?: EventContract<z.ZodType<{ item: string }>>;
}

/** A process of the toy. */
export interface Toy {
  app: INestApplicationContext;
  shop: Outbox;
  ledger: Outbox;
  /** Publishes in a transaction of its own. */
  sell(aggregate: string, item: string): Promise<void>;
  database(module: string): DataSource;
  close(): Promise<void>;
}

export async function startToy({
  urls,
  broker,
  modules = ['shop', 'ledger'],
  work = true,
  concurrency = 2,
  behaviour = {},
  sold = Sold,
}: ToyOptions): Promise<Toy> {
  const manifests = [
    manifestOf('shop', { publishes: [sold, Closed, Unheard] }),
    manifestOf('ledger', {
      subscribes: [sold, Closed],
      jobs: ['ledger.copy', 'ledger.hasty', 'ledger.tick'],
    }),
  ];
  const types = { shop: shopModule(), ledger: ledgerModule(sold, behaviour) };
  const app = await Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot({ urls, connections: 10 }),
      EventsModule.forRoot({ broker, manifests, isWorker: work, concurrency }),
      ...modules.map((name) => types[name]),
    ],
  })
    .setLogger(new ConsoleLogger({ logLevels: process.env['TOY_LOG'] === 'true' ? ['debug'] : [] }))
    .compile();
  try {
    await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }
  const outboxOf = (name: 'shop' | 'ledger') =>
    modules.includes(name) ? app.get<Outbox>(outboxToken(name), { strict: false }) : (undefined as never);
  const database = (name: string) => app.get<DataSource>(getDataSourceToken(name), { strict: false });
  const shop = outboxOf('shop');
  return {
    app,
    shop,
    ledger: outboxOf('ledger'),
    database,
    sell: (aggregate, item) =>
      database('shop').transaction((manager) => shop.publish(manager, sold, aggregate, { item })),
    close: () => app.close(),
  };
}

/** Makes both modules' schemas and tables. @returns each module's URL */
export async function prepareToy(ownerUrl: string): Promise<Record<string, string>> {
  const urls = databaseUrls(['shop', 'ledger'], {}, ownerUrl);
  await migrate(ownerUrl, [
    { url: urls['shop']!, data: { schema: 'shop', migrations: async () => [createEventTables('shop')] } },
    {
      url: urls['ledger']!,
      data: {
        schema: 'ledger',
        migrations: async () => [CreateEntries1766000000000, createEventTables('ledger')],
      },
    },
  ]);
  return urls;
}

class CreateEntries1766000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table ledger.entries (id bigint generated by default as identity, aggregate text, seq bigint, item text)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table ledger.entries');
  }
}

export function manifestOf(name: string, rest: Partial<ModuleManifest>): ModuleManifest {
  const load = () => Promise.reject(new Error('a toy is not loaded by its manifest'));
  return { name, contract: contract(name, {}), uses: [], routes: [], load, ...rest };
}

function shopModule(): Type {
  @Module({ imports: [DatabaseModule.forModule('shop', []), EventsModule.forModule('shop')] })
  class ShopModule {}
  return ShopModule;
}

function ledgerModule(sold: NonNullable<ToyOptions['sold']>, behaviour: Behaviour): Type {
  @Subscriber('ledger')
  @Injectable()
  class Ledger {
    @OnEvent(sold)
    async sold(message: Message, manager: EntityManager): Promise<void> {
      const { item } = message.payload as { item: string };
      await manager.query('insert into entries (aggregate, seq, item) values ($1, $2, $3)', [
        message.aggregate,
        message.seq,
        item,
      ]);
      await behaviour.sold?.(message, manager);
    }

    @OnEvent(Closed)
    async closed(): Promise<void> {}

    @OnJob(Copy)
    async copy(payload: { readonly name: string }, running: RunningJob): Promise<void | typeof REQUEUE> {
      return behaviour.copy?.(payload, running);
    }

    @OnJob(Hasty)
    async hasty(_payload: unknown, running: RunningJob): Promise<void> {
      await behaviour.hasty?.(running);
    }

    @Every(TICK_MS, 'ledger.tick')
    async tick(): Promise<void> {
      await behaviour.tick?.();
    }
  }

  @Module({
    imports: [DatabaseModule.forModule('ledger', []), EventsModule.forModule('ledger')],
    providers: [Ledger],
  })
  class LedgerModule {}
  return LedgerModule;
}
