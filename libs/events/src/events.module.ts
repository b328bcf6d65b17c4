import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { QueuesBoard } from './board/queues-board.js';
import { Broker } from './broker/broker.js';
import { EVENTS_OPTIONS, type EventsOptions } from './events-options.js';
import { EventsRuntime } from './events-runtime.js';
import { EventMetrics } from './metrics/event-metrics.js';
import { CommitSignals } from './outbox/commit-signals.js';
import { outboxToken } from './outbox/outbox.js';
import { Broadcaster } from './broadcast/broadcaster.js';

/** Events between modules, and background work. */
@Module({})
export class EventsModule {
  /** Imported once, by the application. */
  static forRoot(options: EventsOptions): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: EVENTS_OPTIONS, useValue: options },
        { provide: Broker, useFactory: () => new Broker(options.broker, options.namespace) },
        Broadcaster,
        EventMetrics,
        QueuesBoard,
        EventsRuntime,
        CommitSignals,
      ],
      exports: [Broker, EventsRuntime, Broadcaster],
    };
  }

  /**
   * Imported by a module after its `DatabaseModule.forModule`. Provides its outbox (`@InjectOutbox('articles')`), relays it
   * and, in a worker process, runs the module's handlers.
   */
  static forModule(module: string): DynamicModule {
    return {
      // Nest identifies a module by its class.
      module: class extends EventsModule {},
      providers: [
        {
          provide: outboxToken(module),
          inject: [getDataSourceToken(module), EventsRuntime],
          useFactory: (database: DataSource, runtime: EventsRuntime) =>
            runtime.registerModule(module, database),
        },
      ],
      exports: [outboxToken(module)],
    };
  }
}
