import { PeriodicTask } from '@tearline/seam';
import type { Job, Worker } from 'bullmq';
import { retryLater, returnToQueue } from './broker/broker.js';
import { ignoreTransient } from './handlers/failure.js';
import type { Handlers } from './handlers/find-handlers.js';
import type { WorkerContext } from './handlers/worker-context.js';
import { DirectSubscriber } from './direct/direct-subscriber.js';
import { EventProcessor } from './inbox/event-processor.js';
import { JobProcessor } from './jobs/job-processor.js';
import { Schedules } from './jobs/schedules.js';
import { Confirmations } from './outbox/confirmations.js';
import type { Delivery } from './delivery.js';

const SCHEDULING_INTERVAL_MS = 2_000;

/** Consumes the queues of one module in this process: its events, and one queue for each kind of job. */
export class ModuleWorker {
  readonly #workers: Worker[] = [];
  readonly #schedules: Schedules;
  readonly #scheduling: PeriodicTask;
  readonly #confirmations: Confirmations;
  readonly #events: EventProcessor;
  readonly #direct: DirectSubscriber;

  constructor(
    private readonly handlers: Handlers,
    private readonly context: WorkerContext,
  ) {
    const { database, broker, origin } = context;
    this.#schedules = new Schedules(database, `"${handlers.module}"`);
    this.#scheduling = new PeriodicTask(`schedules of '${handlers.module}'`, SCHEDULING_INTERVAL_MS, () =>
      this.#addDueRuns().catch(ignoreTransient),
    );
    this.#confirmations = new Confirmations(handlers.module, broker, origin);
    this.#events = new EventProcessor(handlers, context);
    this.#direct = new DirectSubscriber(this.#events, context.concurrency, context.shutdown.stopping);
  }

  async start(): Promise<void> {
    const { module, events, jobs, schedules } = this.handlers;
    const { broker, concurrency, direct } = this.context;
    await this.#schedules.register(schedules);
    if (events.size > 0) {
      this.#workers.push(broker.worker(module, this.#processEvent, { concurrency }));
      // On Redis, the queue divides events among processes at little cost; on PostgreSQL it costs more than handling them.
      if (broker.isOnPostgres) direct.add(module, this.#direct);
      this.#events.start();
    }
    for (const [queue, binding] of jobs) {
      const processor = new JobProcessor(module, binding, this.context);
      this.#workers.push(
        broker.worker(queue, (job, token) => this.#processJob(queue, processor, job, token), {
          concurrency: binding.contract.concurrency,
        }),
      );
    }
    if (schedules.length > 0) this.#scheduling.start();
  }

  /** Waits for the handlers that are running, then sends the last confirmations. */
  async stop(): Promise<void> {
    await Promise.allSettled([
      ...this.#workers.map((worker) => this.context.broker.stop(worker)),
      this.#direct.stop(),
      this.#events.stop(),
      this.#scheduling.stop(),
    ]);
    await this.#confirmations.flush();
  }

  readonly #processEvent = async (job: Job, token?: string): Promise<void> => {
    let event: Delivery | undefined;
    try {
      event = await this.context.origin.event(this.handlers.module, job);
      if (!event) return;
      await this.#events.process(event, job.stalledCounter);
    } catch (error) {
      return retryLater(job, token, error);
    }
    this.#confirmations.add(event.publisher, event.id);
    await this.#events.drain(event.publisher, event.aggregate);
  };

  async #processJob(queue: string, processor: JobProcessor, job: Job, token?: string): Promise<void> {
    // At once: while this process has the job, its end counts as the job's.
    const { waitMs } = this.context.suspects;
    if (job.stalledCounter > 0 && waitMs > 0) return returnToQueue(job, token, waitMs);
    try {
      const delivery = await this.context.origin.job(queue, job);
      if (delivery) await processor.process(delivery, job.stalledCounter);
    } catch (error) {
      await retryLater(job, token, error);
    }
  }

  async #addDueRuns(): Promise<void> {
    const added = await this.#schedules.addDueRuns(this.handlers.schedules.map(({ queue }) => queue));
    if (added > 0) this.context.relay.relayWithin(0);
  }
}
