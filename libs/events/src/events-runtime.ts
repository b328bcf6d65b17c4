import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ContractError, type ModuleManifest, PeriodicTask } from '@tearline/seam';
import type { Worker } from 'bullmq';
import type { DataSource } from 'typeorm';
import { Broker, within } from './broker/broker.js';
import { EVENTS_OPTIONS, type EventsOptions } from './events-options.js';
import { findHandlers } from './handlers/find-handlers.js';
import { pruneEnded } from './tables/prune-ended.js';
import { EventMetrics } from './metrics/event-metrics.js';
import { ModuleWorker } from './module-worker.js';
import { confirmationWorker } from './outbox/confirmations.js';
import { Outbox } from './outbox/outbox.js';
import { Relay } from './outbox/relay.js';

const DEFAULT_CONCURRENCY = 2;
const PRUNE_INTERVAL_MS = 60 * 60_000;
/** On shutdown, handlers have this long to end; then they are cancelled. */
const GRACE_PERIOD_MS = 3_500;
/** On shutdown, workers have this long to stop; handlers that ignore their cancellation are left behind. */
const STOP_TIMEOUT_MS = 5_000;

interface LoadedModule {
  readonly manifest: ModuleManifest;
  readonly database: DataSource;
  readonly relay: Relay;
}

/** Starts and stops the relays and workers of all modules of this process. */
@Injectable()
export class EventsRuntime
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  readonly #log = new Logger('Events');
  readonly #modules: LoadedModule[] = [];
  readonly #workers: ModuleWorker[] = [];
  readonly #confirmationWorkers: Worker[] = [];
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #pruning = new PeriodicTask('deletion of ended aggregates', PRUNE_INTERVAL_MS, async () => {
    await Promise.all(this.#modules.map(({ manifest, database }) => pruneEnded(database, manifest.name)));
  });

  constructor(
    @Inject(EVENTS_OPTIONS) private readonly options: EventsOptions,
    private readonly broker: Broker,
    private readonly metrics: EventMetrics,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Registers a module of this process; called while Nest builds it.
   * @returns the module's outbox
   * @throws ContractError when `EventsModule.forRoot` was not given its manifest
   */
  registerModule(module: string, database: DataSource): Outbox {
    const manifest = this.options.manifests.find(({ name }) => name === module);
    if (!manifest) throw new ContractError(`EventsModule.forRoot was not given the manifest of '${module}'`);
    const relay = new Relay(module, database, this.broker);
    this.#modules.push({ manifest, database, relay });
    return new Outbox(manifest, this.options.manifests, () => relay.relayWithin(0));
  }

  async onModuleInit(): Promise<void> {
    await this.broker.check();
  }

  /** @throws ContractError when a manifest and the module's handlers differ, before anything starts */
  async onApplicationBootstrap(): Promise<void> {
    const handlers = this.#modules.map(({ manifest }) =>
      findHandlers(manifest, this.discovery, this.scanner),
    );
    for (const [index, { manifest, database, relay }] of this.#modules.entries()) {
      const { name, publishes = [], jobs = [] } = manifest;
      this.metrics.watchModule(name, database);
      for (const queue of [name, ...jobs]) this.metrics.watchQueue(this.broker, queue);
      if (publishes.length > 0)
        this.#confirmationWorkers.push(confirmationWorker(name, database, this.broker));
      relay.start();
      if (!this.options.isWorker) continue;
      const worker = new ModuleWorker(handlers[index]!, {
        database,
        relay,
        broker: this.broker,
        metrics: this.metrics,
        shutdown: { stopping: this.#stopping.signal, aborting: this.#aborting.signal },
        concurrency: this.options.concurrency ?? DEFAULT_CONCURRENCY,
      });
      this.#workers.push(worker);
      await worker.start();
    }
    this.#pruning.start();
  }

  /** Waits for running handlers, for five seconds at most. What does not end is rolled back and handled by another process. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    const abortTimer = setTimeout(() => this.#aborting.abort(), GRACE_PERIOD_MS);
    const stopped = Promise.all([
      ...this.#workers.map((worker) => worker.stop()),
      ...this.#confirmationWorkers.map((worker) => worker.close()),
      this.#pruning.stop(),
    ]);
    await within(
      STOP_TIMEOUT_MS,
      stopped.catch((error: unknown) => this.#log.warn({ err: error })),
    );
    clearTimeout(abortTimer);
    this.#aborting.abort();
    await Promise.all(this.#modules.map(({ relay }) => relay.stop()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.broker.close();
  }
}
