import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ContractError, type ModuleManifest } from '@tearline/seam';
import type { Job, Worker } from 'bullmq';
import type { DataSource } from 'typeorm';
import type { Broker } from './broker/broker.js';
import type { EventsOptions } from './events-options.js';
import { findHandlers } from './handling/find-handlers.js';
import { pruneEnded } from './handling/prune.js';
import { putOff } from './handling/put-off.js';
import { Recurring } from './handling/recurring.js';
import type { EventMetrics } from './metrics/event-metrics.js';
import { ModuleWork } from './module-work.js';
import { watchCommits } from './outbox/commit-hook.js';
import { type Confirmation, confirmationQueue, forgetConfirmed } from './outbox/confirmations.js';
import { Outbox } from './outbox/outbox.js';
import { Relay } from './outbox/relay.js';

const CONCURRENCY = 2;
const PRUNE_EVERY_MS = 60 * 60_000;
/** Work under way may end by itself so long; then its queries are cancelled. */
const PATIENCE_MS = 3_500;
const CLOSE_WITHIN_MS = 5_000;

interface LoadedModule {
  readonly manifest: ModuleManifest;
  readonly database: DataSource;
  readonly relay: Relay;
}

/** Events and jobs of all modules of this process: what runs, from when the host starts until it ends. */
export class EventsRuntime
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  readonly #log = new Logger('Events');
  readonly #modules: LoadedModule[] = [];
  readonly #works: ModuleWork[] = [];
  readonly #confirmed: Worker[] = [];
  readonly #stopping = new AbortController();
  readonly #cutting = new AbortController();
  readonly #pruning = new Recurring(PRUNE_EVERY_MS, () => this.#prune());

  constructor(
    private readonly options: EventsOptions,
    private readonly broker: Broker,
    private readonly metrics: EventMetrics,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * A module of this process, called when it is put together.
   * @throws ContractError when its manifest is not among those that the application knows
   */
  add(module: string, database: DataSource): Outbox {
    const manifest = this.options.manifests.find(({ name }) => name === module);
    if (!manifest) throw new ContractError(`EventsModule.forRoot was not given the manifest of '${module}'`);
    const relay = new Relay(module, database, this.broker);
    watchCommits(database);
    this.#modules.push({ manifest, database, relay });
    return new Outbox(manifest, this.options.manifests, () => relay.wake());
  }

  async onModuleInit(): Promise<void> {
    await this.broker.check();
  }

  /** @throws ContractError when manifests and handlers do not agree, before anything is begun */
  async onApplicationBootstrap(): Promise<void> {
    const handlers = new Map(
      this.#modules.map(({ manifest }) => [
        manifest.name,
        findHandlers(manifest, this.discovery, this.scanner),
      ]),
    );
    for (const { manifest, database, relay } of this.#modules) {
      const { name, publishes = [], jobs = [] } = manifest;
      this.metrics.watchModule(name, database);
      for (const queue of [name, ...jobs]) this.metrics.watchQueue(this.broker, queue);
      if (publishes.length > 0) this.#confirmed.push(this.#forgetConfirmed(name, database));
      relay.start();
      if (!this.options.isWorker) continue;
      const work = new ModuleWork(handlers.get(name)!, {
        database,
        relay,
        broker: this.broker,
        metrics: this.metrics,
        ending: { stopping: this.#stopping.signal, cutting: this.#cutting.signal },
        concurrency: this.options.concurrency ?? CONCURRENCY,
      });
      this.#works.push(work);
      await work.start();
    }
    this.#pruning.start();
  }

  /** Lets work under way end, within five seconds: what does not is somebody else's then. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    const cut = setTimeout(() => this.#cutting.abort(), PATIENCE_MS);
    const stopped = Promise.all([
      ...this.#works.map((work) => work.stop()),
      ...this.#confirmed.map((worker) => worker.close()),
      this.#pruning.stop(),
    ]);
    let late: NodeJS.Timeout | undefined;
    const closing = new Promise<void>((resolve) => {
      late = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    await Promise.race([stopped.catch((error: unknown) => this.#log.warn({ err: error })), closing]);
    clearTimeout(cut);
    clearTimeout(late);
    this.#cutting.abort();
    await Promise.all(this.#modules.map(({ relay }) => relay.stop()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.broker.close();
  }

  #forgetConfirmed(publisher: string, database: DataSource): Worker {
    const forget = async (job: Job<Confirmation>, token?: string) => {
      try {
        await forgetConfirmed(database, publisher, job.data);
      } catch {
        await putOff(job, token);
      }
    };
    return this.broker.worker(confirmationQueue(publisher), forget, { concurrency: 1 });
  }

  async #prune(): Promise<void> {
    for (const { manifest, database } of this.#modules)
      await pruneEnded(database, manifest.name).catch((error: unknown) =>
        this.#log.warn({ err: error }, `ended aggregates of '${manifest.name}' not pruned`),
      );
  }
}
