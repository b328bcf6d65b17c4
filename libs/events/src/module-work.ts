import { Logger } from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import type { DataSource } from 'typeorm';
import type { Broker } from './broker/broker.js';
import type { Ending } from './handling/ending.js';
import type { HandledMetrics } from './handling/handled-metrics.js';
import type { Handlers } from './handling/handlers.js';
import { putOff } from './handling/put-off.js';
import { Recurring } from './handling/recurring.js';
import { EventProcessor } from './inbox/event-processor.js';
import { JobProcessor } from './jobs/job-processor.js';
import { Schedules } from './jobs/schedules.js';
import { Confirmations } from './outbox/confirmations.js';
import type { Delivery, JobDelivery } from './outbox/delivery.js';
import type { Relay } from './outbox/relay.js';

const SWEEP_EVERY_MS = 2_000;

/** What a process needs to do the work of one module. */
export interface Workplace {
  readonly database: DataSource;
  readonly broker: Broker;
  readonly relay: Relay;
  readonly metrics: HandledMetrics;
  readonly ending: Ending;
  /** Events at once. */
  readonly concurrency: number;
}

/** Handles the events and does the jobs of one module in this process. */
export class ModuleWork {
  readonly #log = new Logger('Events');
  readonly #workers: Worker[] = [];
  readonly #sweeps: Recurring;
  readonly #retries: Recurring;
  readonly #schedules: Schedules;
  readonly #confirmations: Confirmations;
  readonly #events: EventProcessor;

  constructor(
    private readonly handlers: Handlers,
    private readonly place: Workplace,
  ) {
    const { database, broker, metrics, ending, relay } = place;
    this.#sweeps = new Recurring(SWEEP_EVERY_MS, () => this.#sweep());
    this.#retries = new Recurring(SWEEP_EVERY_MS, async () => relay.wake());
    this.#schedules = new Schedules(database, `"${handlers.module}"`);
    this.#confirmations = new Confirmations(handlers.module, broker);
    this.#events = new EventProcessor(database, handlers, metrics, ending, (ms) => this.#sweeps.within(ms));
  }

  async start(): Promise<void> {
    const { module, events, jobs, schedules } = this.handlers;
    const { broker, concurrency } = this.place;
    await this.#schedules.register(schedules);
    if (events.size > 0) this.#workers.push(broker.worker(module, this.#handleEvent, { concurrency }));
    for (const [queue, binding] of jobs) {
      const { database, metrics, ending } = this.place;
      const later = (ms: number) => this.#retries.within(ms);
      const processor = new JobProcessor(module, database, binding, metrics, ending, later);
      this.#workers.push(
        broker.worker(queue, (job: Job<JobDelivery>, token) => this.#doJob(processor, job, token), {
          concurrency: binding.contract.concurrency,
        }),
      );
    }
    this.#sweeps.start();
    this.#retries.start();
  }

  /** Ends with what is under way. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#workers.map((worker) => worker.close()), this.#sweeps.stop()]);
    await this.#retries.stop();
    await this.#confirmations.flush();
  }

  readonly #handleEvent = async (job: Job<Delivery>, token?: string): Promise<void> => {
    const { publisher, aggregate, id } = job.data;
    try {
      await this.#events.take(job.data, job.stalledCounter);
    } catch (error) {
      this.#log.debug({ err: error }, `put off: ${publisher}:${id}`);
      return putOff(job, token);
    }
    this.#confirmations.add(publisher, id);
    await this.#events.goOn(publisher, aggregate).catch(this.#leaveToSweep);
  };

  async #doJob(processor: JobProcessor, job: Job<JobDelivery>, token?: string): Promise<void> {
    try {
      await processor.take(job.data.id, job.stalledCounter);
    } catch (error) {
      this.#log.debug({ err: error }, `put off: ${job.name} ${job.data.id}`);
      await putOff(job, token);
    }
  }

  readonly #leaveToSweep = (error: unknown): void => {
    this.#log.debug({ err: error }, `stored events of '${this.handlers.module}' wait`);
  };

  /** Adds the scheduled runs that are due, and handles the stored events that are. */
  async #sweep(): Promise<void> {
    const { events, schedules } = this.handlers;
    try {
      if (schedules.length > 0 && (await this.#schedules.tick(schedules.map(({ queue }) => queue))) > 0)
        this.place.relay.wake();
      if (events.size === 0) return;
      const due = (await this.#events.inbox.due()).values();
      const hands = Array.from({ length: this.place.concurrency }, async () => {
        for (const { publisher, aggregate } of due) await this.#events.goOn(publisher, aggregate);
      });
      await Promise.all(hands);
    } catch (error) {
      this.#leaveToSweep(error);
    }
  }
}
