import type { Tracer } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { Delivery } from '../delivery.js';
import type { Message } from '../inbox/on-event.decorator.js';
import { UnknownEventError } from './failure.js';
import type { EventBinding, Handlers } from './find-handlers.js';
import { traceHandler } from './traced-handler.js';

/** Calls the handlers of a module's events. */
export class MessageHandlers {
  constructor(
    private readonly handlers: Handlers,
    private readonly tracer: Tracer | undefined,
  ) {}

  /**
   * Calls the handler of an event, in the transaction that has received it.
   * @throws UnknownEventError for an event, or a version of one, that this release does not know; the handler's error
   */
  async handle(delivery: Delivery, manager: EntityManager): Promise<void> {
    const { contract, handle } = this.#binding(delivery);
    const message = messageOf(delivery, contract);
    const { id, at: sentAt } = message;
    const traced = { name: delivery.type, module: this.handlers.module, id, sentAt };
    await traceHandler(this.tracer, traced, () => handle(message, manager));
  }

  #binding({ type, version }: Delivery): EventBinding {
    const binding = this.handlers.events.get(type);
    if (!binding) throw new UnknownEventError(`'${this.handlers.module}' has no handler for '${type}'`);
    if (version > binding.contract.version)
      throw new UnknownEventError(
        `'${type}': expected a version up to ${binding.contract.version}, got ${version}`,
      );
    return binding;
  }
}

function messageOf(delivery: Delivery, contract: EventBinding['contract']): Message {
  return {
    payload: contract.read(delivery.payload, delivery.version),
    at: new Date(delivery.at),
    aggregate: delivery.aggregate,
    seq: delivery.seq,
    id: `${delivery.publisher}:${delivery.id}`,
  };
}
