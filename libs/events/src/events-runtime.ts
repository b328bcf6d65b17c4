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
import { DirectSubscribers } from './direct/direct-subscribers.js';
import { Broker, within } from './broker/broker.js';
import { EVENTS_OPTIONS, type EventsOptions } from './events-options.js';
import { findHandlers } from './handlers/find-handlers.js';
import { Suspects } from './handlers/suspects.js';
import { assertTables } from './tables/assert-tables.js';
import { pruneEnded } from './tables/prune-ended.js';
import { EventMetrics } from './metrics/event-metrics.js';
import { ModuleWorker } from './module-worker.js';
import { ModuleKeys } from './origin/module-keys.js';
import { Origin } from './origin/origin.js';
import { confirmationWorker } from './outbox/confirmations.js';
import { Outbox } from './outbox/outbox.js';
import { Relay } from './outbox/relay.js';
import { queuesOf } from './queues-of.js';

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
  readonly origin: Origin;
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
  readonly #direct: DirectSubscribers;
  readonly #suspects = new Suspects();
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
  ) {
    this.#direct = new DirectSubscribers(broker);
  }

  /**
   * Registers a module of this process; called while Nest builds it.
   * @returns the module's outbox
   * @throws ContractError when `EventsModule.forRoot` was not given its manifest
   */
  registerModule(module: string, database: DataSource): Outbox {
    const manifest = this.options.manifests.find(({ name }) => name === module);
    if (!manifest) throw new ContractError(`EventsModule.forRoot was not given the manifest of '${module}'`);
    const origin = new Origin(new ModuleKeys(module, database), this.metrics);
    const relay = new Relay(module, database, this.broker, origin, this.#direct);
    this.#modules.push({ manifest, database, relay, origin });
    return new Outbox(manifest, this.options.manifests, () => relay.relayWithin(0));
  }

  /** Relays what other processes have committed for a module of this one; does nothing for another module. */
  relayNow(module: unknown): void {
    this.#modules.find(({ manifest }) => manifest.name === module)?.relay.relayWithin(0);
  }

  async onModuleInit(): Promise<void> {
    await this.broker.check(queuesOf(this.options.manifests));
  }

  /** @throws ContractError when a manifest and the module's handlers differ, or tables are missing, before anything starts */
  async onApplicationBootstrap(): Promise<void> {
    const handlers = this.#modules.map(({ manifest }) =>
      findHandlers(manifest, this.discovery, this.scanner),
    );
    await Promise.all(this.#modules.map(({ manifest, database }) => assertTables(database, manifest.name)));
    for (const [index, { manifest, database, relay, origin }] of this.#modules.entries()) {
      const { name, publishes = [], jobs = [] } = manifest;
      this.metrics.watchModule(name, database);
      for (const queue of [name, ...jobs]) this.metrics.watchQueue(this.broker, queue);
      if (publishes.length > 0)
        this.#confirmationWorkers.push(confirmationWorker(name, database, this.broker, origin));
      if (!this.options.isWorker) continue;
      const worker = new ModuleWorker(handlers[index]!, {
        database,
        relay,
        origin,
        broker: this.broker,
        direct: this.#direct,
        metrics: this.metrics,
        shutdown: { stopping: this.#stopping.signal, aborting: this.#aborting.signal },
        suspects: this.#suspects,
        concurrency: this.options.concurrency ?? DEFAULT_CONCURRENCY,
        tracer: this.options.tracer,
      });
      this.#workers.push(worker);
      await worker.start();
    }
    // The first claim must know which subscribers are here.
    for (const { relay } of this.#modules) relay.start();
    this.#pruning.start();
  }

  /** Waits for running handlers, for five seconds at most. What does not end is rolled back and handled by another process. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    const abortTimer = setTimeout(() => this.#aborting.abort(), GRACE_PERIOD_MS);
    const stopped = Promise.all([
      ...this.#workers.map((worker) => worker.stop()),
      ...this.#confirmationWorkers.map((worker) => this.broker.stop(worker)),
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
