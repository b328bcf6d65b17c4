import { ConsoleLogger, type INestApplicationContext, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DatabaseModule, databaseUrls, migrate } from '@tearline/database';
import { contract, event, type EventContract, type ModuleManifest } from '@tearline/seam';
import type { DataSource, EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
import { Registry } from 'prom-client';
import { z } from 'zod';
import type { BrokerOptions } from './broker/broker.js';
import { EventsModule } from './events.module.js';
import type { Message } from './inbox/on-event.decorator.js';
import { OnEvent } from './inbox/on-event.decorator.js';
import { Subscriber } from './inbox/on-event.decorator.js';
import type { REQUEUE } from './jobs/on-job.decorator.js';
import { Every } from './jobs/every.decorator.js';
import { job } from './jobs/job.js';
import { OnJob } from './jobs/on-job.decorator.js';
import type { RunningJob } from './jobs/on-job.decorator.js';
import { outboxToken } from './outbox/outbox.js';
import type { Outbox } from './outbox/outbox.js';
import { createEventTables } from './tables/create-event-tables.js';

/*
 * Two sample modules, each with its schema: `shop` publishes what it sold, `ledger` writes an entry for each. Nothing in the
 * ledger's table is unique, so an effect that happens twice shows.
 */

export const Sold = event('shop/sold', { payload: z.object({ item: z.string() }) });
export const Closed = event('shop/closed', { payload: z.object({}), ends: true });
export const NoSubscribers = event('shop/no-subscribers', { payload: z.object({}) });

export const Copy = job('ledger.copy', { payload: z.object({ name: z.string() }), attempts: 3 });
export const Brief = job('ledger.brief', { payload: z.object({}), attempts: 1, timeoutMs: 300 });
export const TICK_MS = 2_500;

/** What the ledger's handlers do in addition. */
export interface Behaviour {
  sold?: (event: Message<typeof Sold>, manager: EntityManager) => Promise<void> | void;
  copy?: (payload: { readonly name: string }, job: RunningJob) => Promise<void | typeof REQUEUE>;
  brief?: (job: RunningJob) => Promise<void>;
  tick?: () => Promise<void>;
}

/** One process with the sample modules. */
export interface SampleAppOptions {
  urls: Readonly<Record<string, string>>;
  broker: BrokerOptions;
  namespace?: string;
  modules?: readonly ('shop' | 'ledger')[];
  isWorker?: boolean;
  /** Receives the metrics. */
  registry?: Registry;
  concurrency?: number;
  behaviour?: Behaviour;
  /** The release of the event that this process knows. */
  sold?: EventContract<z.ZodType<{ item: string }>>;
}

export interface SampleApp {
  app: INestApplicationContext;
  shop: Outbox;
  ledger: Outbox;
  /** Publishes `Sold` in a transaction. */
  sell(aggregate: string, item: string): Promise<void>;
  database(module: string): DataSource;
  close(): Promise<void>;
}

export async function startSampleApp({
  urls,
  broker,
  namespace = 'tearline-sample',
  modules = ['shop', 'ledger'],
  isWorker = true,
  registry,
  concurrency = 2,
  behaviour = {},
  sold = Sold,
}: SampleAppOptions): Promise<SampleApp> {
  const manifests = [
    manifestOf('shop', { publishes: [sold, Closed, NoSubscribers] }),
    manifestOf('ledger', {
      subscribes: [sold, Closed],
      jobs: ['ledger.copy', 'ledger.brief', 'ledger.tick'],
    }),
  ];
  const types = { shop: shopModule(), ledger: ledgerModule(sold, behaviour) };
  class MetricsModule {}
  const provider = { provide: Registry, useValue: registry };
  const metrics = { module: MetricsModule, global: true, providers: [provider], exports: [Registry] };
  const app = await Test.createTestingModule({
    imports: [
      ...(registry ? [metrics] : []),
      DatabaseModule.forRoot({ urls, connections: 10 }),
      EventsModule.forRoot({ broker, namespace, manifests, isWorker, concurrency }),
      ...modules.map((name) => types[name]),
    ],
  })
    .setLogger(new ConsoleLogger({ logLevels: process.env['SAMPLE_APP_LOG'] === 'true' ? ['debug'] : [] }))
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

/** Creates both modules' schemas and tables. @returns each module's URL */
export async function createSampleSchemas(
  ownerUrl: string,
  options?: Parameters<typeof migrate>[3],
): Promise<Record<string, string>> {
  const urls = databaseUrls(['shop', 'ledger'], {}, ownerUrl);
  const targets = [
    { url: urls['shop']!, data: { schema: 'shop', migrations: async () => [createEventTables('shop')] } },
    {
      url: urls['ledger']!,
      data: {
        schema: 'ledger',
        migrations: async () => [CreateEntries1766000000000, createEventTables('ledger')],
      },
    },
  ];
  await migrate(ownerUrl, targets, undefined, options);
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
  const load = () => Promise.reject(new Error('sample modules are not loaded by their manifest'));
  return { name, contract: contract(name, {}), uses: [], routes: [], load, ...rest };
}

function shopModule(): Type {
  @Module({ imports: [DatabaseModule.forModule('shop', []), EventsModule.forModule('shop')] })
  class ShopModule {}
  return ShopModule;
}

function ledgerModule(sold: NonNullable<SampleAppOptions['sold']>, behaviour: Behaviour): Type {
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

    @OnJob(Brief)
    async brief(_payload: unknown, running: RunningJob): Promise<void> {
      await behaviour.brief?.(running);
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
