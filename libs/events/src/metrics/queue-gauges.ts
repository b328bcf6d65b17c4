import { Gauge, type Registry } from 'prom-client';
import type { Reading } from './reading.js';

/** What the broker has in its queues: the same whichever process tells it. */
export function measureQueues(
  registry: Registry,
  queues: ReadonlyMap<string, Reading<Record<string, number>>>,
): void {
  new Gauge({
    name: 'events_queue_jobs',
    help: 'Events and jobs with the broker',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      const found = await Promise.all(
        [...queues].map(async ([queue, reading]) => [queue, await reading.value()] as const),
      );
      this.reset();
      for (const [queue, counts] of found)
        for (const [state, count] of Object.entries(counts ?? {})) this.set({ queue, state }, count);
    },
  });
}
