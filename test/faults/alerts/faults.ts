import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import pg from 'pg';
import { Api } from '../../support/api-client.js';
import { favorite, publish, register } from '../../support/conduit.js';
import type { Site } from './site.js';

/** A fault, and the alerts that it must raise. */
export interface Fault {
  readonly name: string;
  readonly alerts: readonly string[];
  /** Of its alerts only those with this host count, where others could be confused with them. */
  readonly host?: string;
  /** Begins it. Returns what ends it. */
  begin(site: Site): Promise<() => unknown>;
}

/** Faults that are injected together: they do not touch one another. */
export const STEPS: readonly (readonly Fault[])[] = [
  [
    {
      name: 'a host hangs (SIGSTOP)',
      alerts: ['HostDown', 'EndpointEjected'],
      begin: (site) => stopped([site.pidOf('identity.1')]),
    },
  ],
  [
    {
      name: 'one of two processes of a host hangs',
      alerts: ['ProcessDown'],
      host: 'social',
      begin: (site) => stopped([site.pidOf('social.2')]),
    },
    {
      name: 'a process is killed again and again',
      alerts: ['ProcessRestarts'],
      begin: killed,
    },
    {
      name: 'V8 ends a process whose heap is full',
      alerts: ['KilledForMemory'],
      async begin(site) {
        await site.restart('media.1', 'SIGIO');
        return () => undefined;
      },
    },
    {
      name: 'a foreign client writes into a queue',
      alerts: ['EventsRefused'],
      begin: intruded,
    },
  ],
  [
    {
      name: 'a replica replays a minute late',
      alerts: ['ReplicaLags'],
      async begin({ database }) {
        const [replica] = database.embedded.replicas;
        await replica!.delay(60_000);
        return () => replica!.delay(0);
      },
    },
    {
      name: 'a transaction locks a table',
      alerts: ['PoolExhausted', 'ErrorBudgetBurnsFast', 'ErrorBudgetBurnsSlowly'],
      begin: (site) => locked(site, 'articles.articles'),
    },
    {
      name: 'a heap leaks',
      alerts: ['HeapNearLimit'],
      begin: (site) => signalled(site, 'media.1', 'SIGUSR2'),
    },
    {
      name: 'buffers leak',
      alerts: ['MemoryNearLimit'],
      async begin(site) {
        await site.restartLimited('social.2');
        return signalled(site, 'social.2', 'SIGWINCH');
      },
    },
    {
      name: 'the disk of the pictures is full',
      alerts: ['DiskNearlyFull'],
      async begin({ disk }) {
        const { bavail, bsize } = statfsSync(disk);
        const file = join(disk, 'full');
        writeFileSync(file, Buffer.alloc(bavail * bsize * 0.95));
        return () => writeFileSync(file, '');
      },
    },
  ],
  [
    {
      name: 'a replica hangs',
      alerts: ['ReplicaUnavailable'],
      begin: (site) => stopped(site.replica),
    },
    {
      name: 'a handler fails at every event',
      alerts: ['DeadLetters', 'EventsWaiting'],
      async begin(site) {
        await site.execute('alter table notifications.notifications rename to away');
        return () => site.execute('alter table notifications.away rename to notifications');
      },
    },
  ],
  [
    {
      name: 'handlers wait for a lock while events arrive',
      alerts: ['QueueDeep'],
      async begin(site) {
        const end = await locked(site, 'notifications.inbox');
        await publishEvents(site.topology.url, 3_000);
        return end;
      },
    },
  ],
  [
    {
      name: 'Redis is away',
      alerts: ['BrokerUnreachable', 'CacheUnreachable', 'LimitsUnshared', 'OutboxOld'],
      async begin({ redis, topology }) {
        await redis.kill();
        const attempts = attemptLogins(topology.url);
        return async () => {
          await attempts.stop();
          await redis.start();
        };
      },
    },
  ],
  [
    {
      name: 'the stream of the log hangs',
      alerts: ['LogStreamAway', 'LogStreamDropsLines'],
      async begin(site) {
        const end = await stopped([site.nats]);
        await writeLines(site.process('articles.1').url);
        return end;
      },
    },
  ],
  [
    {
      name: 'nothing reads the standard output of the hosts',
      alerts: ['LogLinesLost'],
      async begin(site) {
        const end = await stopped([site.topology.pid]);
        await writeLines(site.process('articles.1').url);
        return end;
      },
    },
  ],
];

async function stopped(pids: readonly number[]): Promise<() => void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}

async function signalled(site: Site, name: string, signal: NodeJS.Signals): Promise<() => void> {
  const pid = site.pidOf(name);
  process.kill(pid, signal);
  return () => process.kill(pid, signal);
}

/** Kills a process three times, each when Prometheus has seen the one before. */
async function killed(site: Site): Promise<() => void> {
  for (let time = 1; time <= 3; time += 1) {
    const before = await site.startsSeen('comments');
    await site.restart('comments.1');
    await site.untilStartsSeen('comments', before);
  }
  return () => undefined;
}

async function locked(site: Site, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: site.database.embedded.url });
  await client.connect();
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return () => client.end();
}

/** Puts a job that no module has signed into a queue of events. */
async function intruded({ redis }: Site): Promise<() => void> {
  const client = new Redis(redis.url);
  const [key = ''] = (await client.keys('*notifications*:meta')).toSorted();
  await client.quit();
  const parts = key.split(':').slice(0, -1);
  const [name = '', prefix] = [parts.pop(), parts.join(':')];
  const queue = new Queue(name, { connection: { url: redis.url }, prefix });
  await queue.add('articles.favorited', { publisher: 'articles', payload: {} });
  await queue.close();
  return () => undefined;
}

/** Publishes events that the module notifications handles. */
async function publishEvents(url: string, count: number): Promise<void> {
  const api = new Api(url);
  const author = await register(api);
  const fans = await Promise.all(Array.from({ length: 5 }, () => register(api)));
  await Promise.all(
    fans.map(async (fan) => {
      for (let index = 0; index < count / fans.length; index += 1) {
        const { slug } = await publish(author);
        await favorite(fan, slug);
      }
    }),
  );
}

function attemptLogins(url: string): { stop: () => Promise<void> } {
  const over = new AbortController();
  const attempts = (async () => {
    while (!over.signal.aborted)
      await new Api(url).post('/api/users/login', {
        user: { email: 'unknown@example.com', password: 'wrong password' },
      });
  })();
  return {
    stop: () => {
      over.abort();
      return attempts;
    },
  };
}

/** Lets a host write more log lines than a pipe and its queue hold. */
async function writeLines(url: string): Promise<void> {
  const path = `/nothing?${'x'.repeat(4_000)}`;
  for (let index = 0; index < 2_000; index += 1) await new Api(url).get(path);
}
