import type { SampleEvent } from '@tearline/database';
import type { EventContract, PayloadOf } from '@tearline/seam';

/** Bounds the memory of a large seed. */
const KEPT = 1_000;

/** The events of the sample data, which the seeds of subscribers read. */
export class SampleEvents {
  readonly #events = new Map<string, SampleEvent<EventContract>[]>();

  emit<E extends EventContract>({ name }: E, payload: PayloadOf<E>, at: Date): void {
    const events = this.#events.get(name) ?? [];
    events.push({ payload, at });
    this.#events.set(name, events.length < 2 * KEPT ? events : events.slice(-KEPT));
  }

  emitted<E extends EventContract>({ name }: E): readonly SampleEvent<E>[] {
    return (this.#events.get(name) ?? []).slice(-KEPT);
  }
}
