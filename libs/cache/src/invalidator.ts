import { Logger } from '@nestjs/common';
import { currentCall } from '@tearline/seam';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';
import { moduleOf, newVersion, parseVersionedTags, type Tag, type VersionedTag } from './tag-version.js';

const TOPIC = 'cache';
const PUBLISH_TIMEOUT_MS = 100;

/** The port for messages to all processes that may be lost; `Broadcaster` of `@tearline/events` implements it. */
export interface Broadcaster {
  /** Sends a message to every process, together with others that are published within a few milliseconds. */
  publish(topic: string, message: unknown): void;
  /** Sends a message at once. Resolves when the broker has it, or does not take it; never rejects. */
  publishNow(topic: string, message: unknown): Promise<void>;
  /** @returns a function that ends the subscription */
  subscribe(topic: string, listener: (message: unknown) => void): () => void;
  /**
   * Calls the listener whenever messages may have been lost.
   * @returns a function that ends the subscription
   */
  onMissed(listener: () => void): () => void;
}

/** Invalidates tags: in this process at once, in Redis by their new version, in the other processes by a broadcast. */
export class Invalidator {
  readonly #logger = new Logger('Cache');
  readonly #subscriptions: (() => void)[] = [];

  constructor(
    private readonly memory: MemoryStore,
    private readonly redis: RedisStore | undefined,
    private readonly broadcaster: Broadcaster | undefined,
  ) {
    if (broadcaster)
      this.#subscriptions.push(
        broadcaster.subscribe(TOPIC, (message) => this.#receive(message)),
        broadcaster.onMissed(() => memory.invalidateAll()),
      );
    // When the broadcasts go through the same Redis, other processes have missed these too.
    if (redis)
      redis.onRecovered = (versions) => versions.forEach((each) => broadcaster?.publish(TOPIC, [each]));
  }

  /** See {@link ReadCache.invalidate}. */
  async invalidate(tags: readonly Tag[]): Promise<void> {
    const consistency = currentCall()?.consistency;
    // A write raises the position that its call requires, so that position includes the write.
    const versions = tags.map(
      (tag) => [tag, newVersion(consistency?.requiredPosition(moduleOf(tag)))] as const,
    );
    this.memory.invalidate(versions);
    try {
      await this.#publish(versions);
    } catch (error) {
      this.#logger.error({ msg: 'other processes were not notified of an invalidation', tags, err: error });
    }
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  /** A message that cannot be read may have been about anything. */
  #receive(message: unknown): void {
    const versions = parseVersionedTags(message);
    if (versions) this.memory.invalidate(versions);
    else this.memory.invalidateAll();
  }

  async #publish(versions: readonly VersionedTag[]): Promise<void> {
    const { redis, broadcaster } = this;
    if (!redis?.isUp) {
      broadcaster?.publish(TOPIC, versions);
      await redis?.recordVersions(versions);
      return;
    }
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, PUBLISH_TIMEOUT_MS);
    const published = Promise.all([redis.recordVersions(versions), broadcaster?.publishNow(TOPIC, versions)]);
    await Promise.race([published, timeout.promise]);
    clearTimeout(timer);
  }
}
