import { SetMetadata } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { EventContract, PayloadOf } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { HandlerDecorator } from '../handlers/handler-decorator.js';

export const ON_EVENT = 'events:on-event';

/** An event as its subscriber receives it. */
export interface Message<E extends EventContract = EventContract> {
  readonly payload: PayloadOf<E>;
  /** Start of the publisher's transaction. */
  readonly at: Date;
  /** The unit of ordering, e.g. `article/17`. */
  readonly aggregate: string;
  /** From 1, without gaps, for each subscriber and aggregate. */
  readonly seq: number;
  /** The same in every delivery: `<publisher>:<number>`. */
  readonly id: string;
}

/** A method that handles an event in the transaction of `manager`. */
export type EventHandler<E extends EventContract> = (
  event: Message<E>,
  manager: EntityManager,
) => Promise<void>;

/**
 * Marks a provider whose `@OnEvent`, `@OnJob` and `@Every` methods belong to a module.
 * @example
 * @Subscriber('notifications')
 * @Injectable()
 * export class Activity { … }
 */
export const Subscriber = DiscoveryService.createDecorator<string>();

/**
 * Marks the method of a `@Subscriber` that handles an event. It runs in the transaction that also advances the inbox:
 * what it writes through its manager takes effect exactly once. Its commands to other modules carry an idempotency key;
 * every other effect must be idempotent.
 */
export const OnEvent = <E extends EventContract>(event: E): HandlerDecorator<EventHandler<E>> =>
  SetMetadata(ON_EVENT, event);
