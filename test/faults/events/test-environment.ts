import { databaseUrls, migrate } from '@tearline/database';
import type { EventsOptions } from '@tearline/events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Role } from './injection-points.js';
import { Postgres } from './servers/postgres.js';
import { migrateQueues } from '../../support/queues.js';
import { RedisServer } from '../../support/redis.js';
import { data } from './sample/data.js';
import type { Defect } from './sample/fault-injection.js';
import { SampleProcess } from './sample-process.js';

/** Where events are queued; `none` when publisher and subscriber are one process, and PostgreSQL has the queues of jobs alone. */
export type BrokerName = 'redis' | 'postgres' | 'none';

export interface TestEnvironmentOptions {
  readonly broker: BrokerName;
  /** Processes of each role; 2 by default. */
  readonly replicas?: number;
  /** A mistake that the sample modules make. */
  readonly defect?: Defect;
}

/** The two sample modules in separate processes, with servers that can be killed. */
export class TestEnvironment {
  readonly postgres: Postgres;
  readonly redis: RedisServer;
  readonly processes: SampleProcess[] = [];
  /** Output of the processes. */
  readonly log: string;
  #pool: pg.Pool | undefined;
  #fd: number | undefined;

  private constructor(
    readonly dir: string,
    readonly options: TestEnvironmentOptions,
  ) {
    this.postgres = new Postgres(join(dir, 'data'));
    this.redis = new RedisServer(['--appendonly', 'yes'], join(dir, 'redis'));
    this.log = join(dir, 'processes.log');
  }

  /** Starts everything, or stops what has started and throws. */
  static async open(options: TestEnvironmentOptions): Promise<TestEnvironment> {
    const dir = await mkdtemp(join(tmpdir(), 'tearline-faults-'));
    // PostgreSQL refuses to run as root; the user that it runs as must be able to enter the folder.
    await chmod(dir, 0o755);
    const environment = new TestEnvironment(dir, options);
    try {
      await environment.start();
      return environment;
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  /** Returns the processes that do what this role does. */
  ofRole(role: Role): SampleProcess[] {
    return this.processes.filter((one) => one.role === role || one.role === 'both');
  }

  /** Runs a query as the owner, who can read both modules' tables. */
  async rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#pool!.query(sql, values)).rows as Row[];
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.stop()));
    await this.#pool?.end();
    await this.redis.kill();
    await this.postgres.stop();
    if (this.#fd !== undefined) closeSync(this.#fd);
    await rm(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private async start(): Promise<void> {
    await mkdir(join(this.dir, 'data'));
    await chmod(join(this.dir, 'data'), 0o755);
    await this.postgres.start();
    const ownerUrl = this.postgres.url;
    this.#pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
    this.#pool.on('error', () => undefined);
    const urls = databaseUrls(['ledger', 'copies', 'queues'], {}, ownerUrl);
    await migrate(
      ownerUrl,
      data.map((one) => ({ data: one, url: urls[one.schema]! })),
    );
    const broker = await this.openBroker(ownerUrl, urls['queues']!);
    const { replicas = 2, defect } = this.options;
    this.#fd = openSync(this.log, 'a');
    const environment = {
      env: {
        NODE_COMPILE_CACHE: join(this.dir, 'v8'),
        ...(defect && { DEFECT: defect }),
      },
      log: this.#fd,
    };
    const startOne = async (role: Role) => {
      const one = new SampleProcess({ role, urls, broker }, environment);
      this.processes.push(one);
      await one.ready();
    };
    const kinds: readonly Role[] = this.options.broker === 'none' ? ['both'] : ['host', 'worker'];
    const roles = Array.from({ length: replicas }, () => kinds).flat();
    await Promise.all(roles.map(startOne));
  }

  private async openBroker(ownerUrl: string, queuesUrl: string): Promise<EventsOptions['broker']> {
    if (this.options.broker === 'redis') {
      await this.redis.start();
      return { redisUrl: this.redis.url };
    }
    await migrateQueues(ownerUrl, queuesUrl);
    return { databaseUrl: queuesUrl };
  }
}
