import type { RedisTransport } from '../broker/redis-transport.js';
import type { SignalChannel } from './signal-channel.js';

const CHANNEL = 'tearline:signals';

/** Redis' pub/sub. */
export class RedisChannel implements SignalChannel {
  constructor(private readonly transport: RedisTransport) {}

  publish(texts: readonly string[]): Promise<unknown> {
    return Promise.all(texts.map((text) => this.transport.client.publish(CHANNEL, text)));
  }

  subscribe(hear: (text: string) => void, began: () => void): void {
    const client = this.transport.subscriber();
    client.on('message', (_channel, text) => hear(text));
    // It fails when the connection goes, and then there is another one.
    client.on('ready', () => void client.subscribe(CHANNEL).then(began, () => undefined));
  }

  close(): void {}
}
