import { Logger } from '@nestjs/common';
import { PeriodicTask } from '@tearline/seam';
import type { Job, Worker } from 'bullmq';
import { retryLater } from './broker/broker.js';
import type { Handlers } from './handlers/find-handlers.js';
import type { WorkerContext } from './handlers/worker-context.js';
import { EventProcessor } from './inbox/event-processor.js';
import { JobProcessor } from './jobs/job-processor.js';
import { Schedules } from './jobs/schedules.js';
import { Confirmations } from './outbox/confirmations.js';
import type { Delivery, JobDelivery } from './outbox/delivery.js';

const SWEEP_INTERVAL_MS = 2_000;

/** Consumes the queues of one module in this process: its events, and one queue for each kind of job. */
export class ModuleWorker {
  readonly #log = new Logger('Events');
  readonly #workers: Worker[] = [];
  readonly #sweep: PeriodicTask;
  readonly #schedules: Schedules;
  readonly #confirmations: Confirmations;
  readonly #events: EventProcessor;

  constructor(
    private readonly handlers: Handlers,
    private readonly context: WorkerContext,
  ) {
    const { database, broker } = context;
    this.#sweep = new PeriodicTask(
      `sweep of the inbox of '${handlers.module}'`,
      SWEEP_INTERVAL_MS,
      () => this.#sweepOnce(),
      'debug',
    );
    this.#schedules = new Schedules(database, `"${handlers.module}"`);
    this.#confirmations = new Confirmations(handlers.module, broker);
    this.#events = new EventProcessor(handlers, context, (ms) => this.#sweep.runWithin(ms));
  }

  async start(): Promise<void> {
    const { module, events, jobs, schedules } = this.handlers;
    const { broker, concurrency } = this.context;
    await this.#schedules.register(schedules);
    if (events.size > 0) this.#workers.push(broker.worker(module, this.#processEvent, { concurrency }));
    for (const [queue, binding] of jobs) {
      const processor = new JobProcessor(module, binding, this.context);
      this.#workers.push(
        broker.worker(queue, (job: Job<JobDelivery>, token) => this.#processJob(processor, job, token), {
          concurrency: binding.contract.concurrency,
        }),
      );
    }
    this.#sweep.start();
  }

  /** Waits for the handlers that are running, then sends the last confirmations. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#workers.map((worker) => worker.close()), this.#sweep.stop()]);
    await this.#confirmations.flush();
  }

  readonly #processEvent = async (job: Job<Delivery>, token?: string): Promise<void> => {
    const { publisher, aggregate, id } = job.data;
    try {
      await this.#events.process(job.data, job.stalledCounter);
    } catch (error) {
      this.#log.debug({ err: error }, `${publisher}:${id} is retried later`);
      return retryLater(job, token);
    }
    this.#confirmations.add(publisher, id);
    await this.#events
      .drain(publisher, aggregate)
      .catch((error: unknown) =>
        this.#log.debug({ err: error }, `stored events of ${aggregate} are left to the sweep`),
      );
  };

  async #processJob(processor: JobProcessor, job: Job<JobDelivery>, token?: string): Promise<void> {
    try {
      await processor.process(job.data, job.stalledCounter);
    } catch (error) {
      this.#log.debug({ err: error }, `${job.name} ${job.data.id} is retried later`);
      await retryLater(job, token);
    }
  }

  /** Adds the scheduled runs that are due, and handles the stored events that are due. */
  async #sweepOnce(): Promise<void> {
    const { events, schedules } = this.handlers;
    if (schedules.length > 0 && (await this.#schedules.addDueRuns(schedules.map(({ queue }) => queue))) > 0)
      this.context.relay.relayWithin(0);
    if (events.size === 0) return;
    const due = (await this.#events.inbox.due()).values();
    await Promise.all(
      Array.from({ length: this.context.concurrency }, async () => {
        for (const { publisher, aggregate } of due) await this.#events.drain(publisher, aggregate);
      }),
    );
  }
}
