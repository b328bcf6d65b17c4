import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { FORMER_NAMESPACE } from './transport.js';

/** A hash: by namespace, when a process of that deployment last started. */
const DEPLOYMENTS_KEY = 'tearline-deployments';

/** Reports what else a Redis holds: queues of other deployments, and of releases whose keys have no identity. */
export class OtherDeployments {
  readonly #log = new Logger('Queues');

  constructor(
    private readonly redis: Redis,
    private readonly namespace: string,
  ) {}

  /** @param queues the queues of the application */
  async report(queues: readonly string[]): Promise<void> {
    await this.redis.hset(DEPLOYMENTS_KEY, this.namespace, new Date().toISOString());
    const known = await this.redis.hgetall(DEPLOYMENTS_KEY);
    const others = Object.entries(known).filter(([namespace]) => namespace !== this.namespace);
    if (others.length > 0)
      this.#log.log(
        `Redis is shared: this deployment is ${this.namespace}; ` +
          others.map(([namespace, at]) => `${namespace} last started at ${at}`).join(', '),
      );
    const former = await this.#former(queues);
    if (former.length > 0)
      this.#log.warn(
        `Redis has keys without the identity of a deployment, which this release does not read: ${former.join(', ')}. ` +
          'Their events and jobs are sent again from the outboxes. When no host of the former release runs any more: ' +
          `redis-cli --scan --pattern '${FORMER_NAMESPACE}:*' | xargs redis-cli unlink`,
      );
  }

  async #former(queues: readonly string[]): Promise<string[]> {
    const keys = queues.map((queue) => `${FORMER_NAMESPACE}:${queue}:events`);
    const exist = await Promise.all(keys.map((key) => this.redis.exists(key)));
    return keys.filter((_, index) => exist[index] === 1);
  }
}
