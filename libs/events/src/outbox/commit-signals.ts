import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Broadcaster } from '../broadcast/broadcaster.js';
import { EventsRuntime } from '../events-runtime.js';

/** Its messages are names of modules. */
const TOPIC = 'outbox';

/**
 * Relays a module's rows as soon as a process without a relay of its own, such as a module in another language, broadcasts that
 * it has committed some. A lost broadcast costs the time until the next poll.
 */
@Injectable()
export class CommitSignals implements OnApplicationBootstrap, OnModuleDestroy {
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly broadcaster: Broadcaster,
    private readonly runtime: EventsRuntime,
  ) {}

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.broadcaster.subscribe(TOPIC, (module) => this.runtime.relayNow(module));
  }

  onModuleDestroy(): void {
    this.#unsubscribe?.();
  }
}
