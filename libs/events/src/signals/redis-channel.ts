import type { RedisTransport } from '../broker/redis-transport.js';
import type { SignalChannel } from './signal-channel.js';

const CHANNEL = 'tearline:signals';

/** Redis' pub/sub. The client subscribes again by itself when it was away. */
export class RedisChannel implements SignalChannel {
  constructor(private readonly transport: RedisTransport) {}

  publish(texts: readonly string[]): Promise<unknown> {
    return Promise.all(texts.map((text) => this.transport.client.publish(CHANNEL, text)));
  }

  subscribe(hear: (text: string) => void): void {
    const client = this.transport.subscriber();
    client.on('message', (_channel, text) => hear(text));
    // It waits for Redis and fails when the connection is let go of, no sooner.
    client.subscribe(CHANNEL).catch(() => undefined);
  }

  close(): void {}
}
