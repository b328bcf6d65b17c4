import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** Whether this Redis keeps what it is given. Run whenever it comes (back): it may be another one. */
export class RedisChecks {
  readonly #log = new Logger('Queues');
  #said = '';

  constructor(private readonly redis: Redis) {}

  /** Says what is wrong, once. */
  async run(): Promise<void> {
    const problem = await this.problem();
    if (problem && problem !== this.#said) this.#log.error(problem);
    this.#said = problem ?? '';
  }

  /** What forbids to keep queues there, if anything; warns of the rest. */
  async problem(): Promise<string | undefined> {
    const version = (await this.info('server', 'redis_version')) ?? '0';
    if (version.localeCompare('6.2', 'en', { numeric: true }) < 0)
      return `Redis ${version} is too old for queues: 6.2 is the first that works`;
    const policy = (await this.config('maxmemory-policy')) ?? (await this.info('memory', 'maxmemory_policy'));
    if (policy !== undefined && policy !== 'noeviction')
      return (
        `Redis may throw queues away: its maxmemory-policy is '${policy}' and has to be 'noeviction' ` +
        '(redis.conf: maxmemory-policy noeviction; now: redis-cli config set maxmemory-policy noeviction)'
      );
    const [appendOnly, save] = await Promise.all([this.config('appendonly'), this.config('save')]);
    if (appendOnly === undefined || save === undefined)
      this.warn('Redis does not tell its configuration: check yourself that it writes to disk');
    else if (appendOnly === 'no' && save === '')
      this.warn(
        'Redis writes nothing to disk: after a restart, events arrive later, and delayed jobs are sent again ' +
          '(redis.conf: appendonly yes)',
      );
    return undefined;
  }

  private warn(line: string): void {
    if (this.#said === line) return;
    this.#said = line;
    this.#log.warn(line);
  }

  /** Undefined where CONFIG is not allowed, as on most managed servers. */
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
