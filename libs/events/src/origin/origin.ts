import { Logger } from '@nestjs/common';
import type { Confirmation, Delivery, JobDelivery, Signed, Signer } from '../delivery.js';
import type { EventMetrics } from '../metrics/event-metrics.js';
import type { ModuleKeys } from './module-keys.js';

/** A refused message is logged at most this often, so that a flood of them does not fill the log. */
const LOG_INTERVAL_MS = 10_000;

/** What is refused, as the queue names it. */
interface Message {
  readonly id?: string | undefined;
  readonly name: string;
  readonly data: unknown;
}

/**
 * Signs what a module sends through the queues, and refuses what arrives without the signature of the module that alone may
 * send it: every host has the credential of the queues. A signature covers the queue, so what was meant for another one is
 * refused, too.
 */
export class Origin {
  readonly #log = new Logger('Events');
  #logAt = 0;
  #unlogged = 0;

  constructor(
    private readonly keys: ModuleKeys,
    private readonly metrics: Pick<EventMetrics, 'refused'>,
  ) {}

  /** Returns the functions that sign as this module. */
  async signer(): Promise<
    Signer & { confirmation(queue: string, confirmation: Confirmation): Signed<Confirmation> }
  > {
    const sign = await this.keys.signer();
    return {
      event: (queue, event) => ({ ...event, signature: sign('event', eventContent(queue, event)) }),
      job: (queue, job) => ({ ...job, signature: sign('job', jobContent(queue, job)) }),
      confirmation: (queue, confirmation) => ({
        ...confirmation,
        signature: sign('confirmation', confirmationContent(queue, confirmation)),
      }),
    };
  }

  /**
   * Returns the event of a message, or undefined when its publisher has not signed it for this queue. The publisher sends
   * the real one again, so no event is lost.
   * @throws the database's error when the keys cannot be read
   */
  async event(queue: string, message: Message): Promise<Delivery | undefined> {
    const { signature, ...event } = asSigned<Delivery>(message.data);
    // The name of an event begins with its publisher's: a module may sign its own events alone.
    const isItsOwn = typeof event.type === 'string' && event.type.startsWith(`${event.publisher}/`);
    const isSigned =
      isItsOwn && (await this.#verify(event.publisher, 'event', eventContent(queue, event), signature));
    return isSigned ? event : this.#refuse(queue, message, event.publisher);
  }

  /** Returns the job of a message, or undefined when this module has not signed it for this queue. */
  async job(queue: string, message: Message): Promise<JobDelivery | undefined> {
    const { signature, ...job } = asSigned<JobDelivery>(message.data);
    const isSigned = await this.#verify(this.keys.module, 'job', jobContent(queue, job), signature);
    return isSigned ? job : this.#refuse(queue, message, this.keys.module);
  }

  /** Returns a confirmation, or undefined when its subscriber has not signed it for this queue. */
  async confirmation(queue: string, message: Message): Promise<Confirmation | undefined> {
    const { signature, ...confirmation } = asSigned<Confirmation>(message.data);
    const { subscriber } = confirmation;
    const content = confirmationContent(queue, confirmation);
    const isSigned = await this.#verify(subscriber, 'confirmation', content, signature);
    return isSigned ? confirmation : this.#refuse(queue, message, subscriber);
  }

  #verify(module: unknown, kind: string, content: readonly unknown[], signature: unknown): Promise<boolean> {
    if (typeof module !== 'string' || typeof signature !== 'string') return Promise.resolve(false);
    return this.keys.verify(module, kind, content, signature);
  }

  #refuse(queue: string, { id, name }: Message, sender: unknown): undefined {
    this.metrics.refused(queue);
    this.#unlogged += 1;
    if (performance.now() < this.#logAt) return undefined;
    this.#log.error(
      { queue, jobId: id, name, sender, count: this.#unlogged },
      `refused a message in the queue '${queue}' that ${describe(sender)} did not sign`,
    );
    this.#logAt = performance.now() + LOG_INTERVAL_MS;
    this.#unlogged = 0;
    return undefined;
  }
}

const eventContent = (queue: string, event: Delivery): unknown[] => {
  const { publisher, id, aggregate, seq, type, version, payload, context, at } = event;
  return [queue, publisher, id, aggregate, seq, type, version, payload, context, at];
};

const jobContent = (queue: string, { id, round }: JobDelivery): unknown[] => [queue, id, round];

const confirmationContent = (queue: string, { subscriber, ids }: Confirmation): unknown[] => [
  queue,
  subscriber,
  ids,
];

/** Of what may be anything, only the signature and what it covers are used before it is verified. */
function asSigned<T extends object>(data: unknown): Signed<T> {
  return (typeof data === 'object' && data !== null ? data : {}) as Signed<T>;
}

const describe = (sender: unknown) =>
  typeof sender === 'string' ? `'${sender.slice(0, 64)}'` : 'its sender';
