import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** Checks whether a Redis is fit to hold queues. Runs at each connect: the server may be another one. */
export class RedisChecks {
  readonly #log = new Logger('Queues');
  #logged = '';

  constructor(private readonly redis: Redis) {}

  /** Logs a problem, once. */
  async run(): Promise<void> {
    const problem = await this.problem();
    if (problem && problem !== this.#logged) this.#log.error(problem);
    this.#logged = problem ?? '';
  }

  /** Returns why this Redis must not hold queues, if there is a reason; warns of lesser problems. */
  async problem(): Promise<string | undefined> {
    const version = (await this.info('server', 'redis_version')) ?? '0';
    if (version.localeCompare('6.2', 'en', { numeric: true }) < 0)
      return `Redis: expected version 6.2 or later, got ${version}`;
    const policy = (await this.config('maxmemory-policy')) ?? (await this.info('memory', 'maxmemory_policy'));
    if (policy !== undefined && policy !== 'noeviction')
      return (
        `Redis: expected maxmemory-policy 'noeviction', got '${policy}': it may evict queues ` +
        '(redis.conf: maxmemory-policy noeviction; now: redis-cli config set maxmemory-policy noeviction)'
      );
    const [appendOnly, save] = await Promise.all([this.config('appendonly'), this.config('save')]);
    if (appendOnly === undefined || save === undefined)
      this.warn('Redis does not allow CONFIG: check that it persists to disk');
    else if (appendOnly === 'no' && save === '')
      this.warn(
        'Redis persists nothing: after a restart, events arrive later, and delayed jobs are sent again ' +
          '(redis.conf: appendonly yes)',
      );
    return undefined;
  }

  private warn(line: string): void {
    if (this.#logged === line) return;
    this.#logged = line;
    this.#log.warn(line);
  }

  /** Returns undefined where CONFIG is not allowed, as on most managed servers. */
  private async config(name: string): Promise<string | undefined> {
    try {
      const [, value] = (await this.redis.config('GET', name)) as string[];
      return value;
    } catch (error) {
      if (/unknown command|NOPERM|not allowed/i.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  private async info(section: string, name: string): Promise<string | undefined> {
    const lines = (await this.redis.info(section)).split(/\r?\n/);
    return lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
  }
}
