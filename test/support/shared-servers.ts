import type { EmbeddedPostgres } from '@tearline/embedded';
import { moduleNames } from '@tearline/modules';
import { Redis } from 'ioredis';
import { query, startPostgres } from './postgres.js';
import { type RedisServer, startRedis } from './redis.js';

/** One deployment on shared servers. */
export interface Deployment {
  readonly name: string;
  readonly ownerUrl: string;
  /** For a host or a runner: its database, the replicas and the Redis. */
  readonly env: Readonly<Record<string, string>>;
}

/** One Redis and one PostgreSQL server for several deployments, each with a database of its own. */
export class SharedServers {
  private constructor(
    private readonly postgres: EmbeddedPostgres,
    private readonly redis: RedisServer,
    readonly deployments: readonly Deployment[],
  ) {}

  /** @param replicas of the PostgreSQL server */
  static async start(names: readonly string[], replicas = 0): Promise<SharedServers> {
    const [postgres, redis] = await Promise.all([
      startPostgres({ replicas, maxConnections: 400 }),
      startRedis(),
    ]);
    const deployments = await Promise.all(
      names.map(async (name): Promise<Deployment> => {
        await query(postgres.url, `create database ${name}`);
        const ownerUrl = Object.assign(new URL(postgres.url), { pathname: name }).href;
        const replicaUrls = postgres.replicas.map(({ port }) => `postgres://127.0.0.1:${port}`).join();
        const env = {
          DATABASE_URL: ownerUrl,
          REDIS_URL: redis.url,
          ...(replicas > 0 && { DATABASE_REPLICA_URLS: replicaUrls }),
        };
        return { name, ownerUrl, env };
      }),
    );
    return new SharedServers(postgres, redis, deployments);
  }

  /** Returns what is in common to two deployments or belongs to none: nothing, if they do not touch each other. */
  async crossings(): Promise<string[]> {
    const ids = await Promise.all(
      this.deployments.map(async ({ ownerUrl }) => {
        const [row] = await query<{ id: string }>(ownerUrl, 'select id from articles.deployment');
        return row!.id;
      }),
    );
    const problems =
      ids.length === new Set(ids).size ? [] : [`two deployments have the same identity: ${ids.join()}`];
    const client = new Redis(this.redis.url);
    const keys = await client.keys('*');
    client.disconnect();
    for (const key of keys)
      if (key !== 'tearline-deployments' && !ids.some((id) => key.startsWith(`tearline-${id}:`)))
        problems.push(`the key '${key}' belongs to no deployment`);
    for (const id of ids)
      if (!keys.some((key) => key.startsWith(`tearline-${id}:queue:`)))
        problems.push(`deployment ${id} has no queue`);
    return [...problems, ...(await Promise.all(this.deployments.map(foreignCursors))).flat()];
  }

  async stop(): Promise<void> {
    await Promise.all([this.redis.stop(), this.postgres.stop()]);
  }
}

/** Returns events that a subscriber has handled and that no module of its own database has published. */
async function foreignCursors({ name, ownerUrl }: Deployment): Promise<string[]> {
  const all = (columns: (module: string) => string) => moduleNames.map(columns).join(' union all ');
  const cursors = all(
    (module) => `select '${module}' as subscriber, publisher, aggregate, last from ${module}.inbox_cursors`,
  );
  const sequences = all(
    (module) => `select subscriber, '${module}' as publisher, aggregate, last from ${module}.event_sequences`,
  );
  const rows = await query<{ event: string }>(
    ownerUrl,
    `select format('%s:%s:%s at %s', c.publisher, c.aggregate, c.last, subscriber) as event
       from (${cursors}) c left join (${sequences}) s using (subscriber, publisher, aggregate)
      where s.last is null or c.last > s.last`,
  );
  return rows.map(({ event }) => `${name}: ${event} was never published there`);
}
