import type { Broker } from '../broker/broker.js';
import type { DirectSubscriber } from './direct-subscriber.js';

/** How long an operator's pause of a queue may go unnoticed. */
const MAX_AGE_MS = 1_000;

/**
 * The subscribers of this process that take events without a queue. While an operator has paused a subscriber's queue, its
 * events go there and wait.
 */
export class DirectSubscribers {
  readonly #subscribers = new Map<string, DirectSubscriber>();
  #paused: ReadonlySet<string> = new Set();
  #checking: Promise<void> | undefined;
  /** On the clock of `performance.now()`. */
  #checkedAt = -Infinity;

  constructor(private readonly broker: Pick<Broker, 'queue'>) {}

  add(module: string, subscriber: DirectSubscriber): void {
    this.#subscribers.set(module, subscriber);
  }

  get(module: string): DirectSubscriber | undefined {
    return this.#subscribers.get(module);
  }

  /** Returns the modules that take events now, and those that take none for the moment. */
  available(): { readonly accepting: readonly string[]; readonly busy: readonly string[] } {
    if (this.#paused.size > 0) void this.paused();
    const { accepting = [], busy = [] } = Object.groupBy(
      [...this.#subscribers].filter(([module, { isStopping }]) => !isStopping && !this.#paused.has(module)),
      ([, { isAccepting }]) => (isAccepting ? 'accepting' : 'busy'),
    );
    return { accepting: accepting.map(([module]) => module), busy: busy.map(([module]) => module) };
  }

  /** Returns the modules whose queue is paused; as of a second ago at most, while the broker answers. */
  async paused(): Promise<ReadonlySet<string>> {
    if (performance.now() - this.#checkedAt > MAX_AGE_MS)
      await (this.#checking ??= this.#check().finally(() => (this.#checking = undefined)));
    return this.#paused;
  }

  async #check(): Promise<void> {
    const modules = [...this.#subscribers.keys()];
    try {
      const arePaused = await Promise.all(modules.map((module) => this.broker.queue(module).isPaused()));
      this.#paused = new Set(modules.filter((_, index) => arePaused[index]));
    } catch {
      // The broker logs its outages.
    }
    this.#checkedAt = performance.now();
  }
}
