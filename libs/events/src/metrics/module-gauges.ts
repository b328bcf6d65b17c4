import { Gauge, type Registry } from 'prom-client';
import type { ModuleCounts } from './module-counts.js';
import type { Reading } from './reading.js';

const gauges: [name: string, help: string, field: keyof ModuleCounts][] = [
  ['events_outbox_rows', 'Deliveries and jobs of a module that are not confirmed yet', 'outbox'],
  ['events_outbox_oldest_seconds', 'Age of the oldest one', 'oldest'],
  ['events_inbox_waiting', 'Events that a module keeps until they are next in their aggregate', 'waiting'],
  ['events_dead_letters', 'Events and jobs that a module gave up on', 'dead'],
];

/** What modules have in their tables: the same whichever replica tells it. */
export function measureModules(
  registry: Registry,
  modules: ReadonlyMap<string, Reading<ModuleCounts>>,
): void {
  for (const [name, help, field] of gauges)
    new Gauge({
      name,
      help,
      labelNames: ['module'],
      registers: [registry],
      async collect() {
        const counts = await Promise.all(
          [...modules].map(async ([module, reading]) => [module, await reading.value()] as const),
        );
        this.reset();
        for (const [module, count] of counts) if (count) this.set({ module }, count[field]);
      },
    });
}
