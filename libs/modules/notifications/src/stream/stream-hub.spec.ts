import { Revocations } from '@tearline/auth';
import type { Broadcaster } from '@tearline/events';
import type { HostShutdown } from '@tearline/host';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { NotificationsSettings } from '../notifications.settings.js';
import type { StreamFeed } from './stream-feed.js';
import { StreamHub } from './stream-hub.js';

it('a user has ten streams at most, and a process STREAMS_MAX', async () => {
  const hub = new StreamHub(
    { STREAMS_MAX: 12 } as NotificationsSettings,
    { catchUp: async () => [] } as unknown as StreamFeed,
    {} as Broadcaster,
    { isShuttingDown: false } as HostShutdown,
    new Revocations(),
  );
  const open = (user: number, streams: number) =>
    Array.from({ length: streams }, () => hub.open(user, undefined));
  const first = open(1, 10);
  expect(() => open(1, 1)).toThrow(expect.objectContaining({ code: 'stream/too-many' }));
  open(2, 2);
  expect(() => open(2, 1)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  first[0]!.destroy();
  await once(first[0]!, 'close');
  expect(open(2, 1)).toHaveLength(1);
  expect(() => open(3, 1)).toThrow(expect.objectContaining({ code: 'unavailable' }));
});
