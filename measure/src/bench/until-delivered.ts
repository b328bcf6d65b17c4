import { setTimeout as pause } from 'node:timers/promises';
import { MODULES, withOwner } from '../kit/database.js';

const POLL_INTERVAL_MS = 50;
const TIMEOUT_MS = 120_000;

/** Resolves when all events are handled, and all jobs that are due are completed. @throws Error after two minutes */
export async function untilDelivered(ownerUrl: string): Promise<void> {
  const outboxes = MODULES.map(
    (module) => `exists (select from "${module}".outbox where created_at <= now())`,
  );
  const inboxes = MODULES.map((module) => `exists (select from "${module}".inbox)`);
  const deadline = performance.now() + TIMEOUT_MS;
  await withOwner(ownerUrl, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ left: boolean }>(
        `select ${[...outboxes, ...inboxes].join(' or ')} as left`,
      );
      if (!rows[0]!.left) return;
      if (performance.now() > deadline)
        throw new Error('expected all events to be delivered within two minutes; outboxes are not empty');
      await pause(POLL_INTERVAL_MS);
    }
  });
}
