import { SetMetadata } from '@nestjs/common';
import type { EventContract } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { Message } from './message.js';

export const ON_EVENT = 'events:on-event';

/** A method that reacts to an event; what it writes through the manager happens once. */
export type EventHandler<E extends EventContract> = (
  event: Message<E>,
  manager: EntityManager,
) => Promise<void>;

/**
 * Marks the method of a `@Subscriber` that reacts to an event. It runs in the transaction that also remembers that the
 * event has been handled: what it writes through its manager takes effect once, however often it is called.
 * Anything else it does, commands over seams apart, must bear repetition.
 */
export const OnEvent =
  <E extends EventContract>(event: E) =>
  <T extends EventHandler<E>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    SetMetadata(ON_EVENT, event)(target, key, descriptor);
  };
