import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An edge cache that records what it hears, and fails as a test wants. */
export class RecordingEdge {
  /** What it answers: a status, or nothing. */
  answer: number | 'hang' = 200;
  /** What it answers to the trust message, where that differs. */
  trustAnswer: number | undefined;
  /** Milliseconds until it answers a purge. */
  delayMs = 0;
  /** The keys of each purge that it has acknowledged. */
  readonly purges: string[][] = [];
  /** The seconds of each trust message. */
  readonly trusted: number[] = [];
  /** Purges that have arrived, acknowledged or not. */
  arrived = 0;
  #server: Server;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get keys(): Set<string> {
    return new Set(this.purges.flat());
  }

  async start(): Promise<void> {
    this.#server = createServer({ maxHeaderSize: 65_536 }, (request, response) =>
      this.#take(request, response),
    );
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends its connections and refuses new ones; `start` is its return at the same address. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  #take({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const isTrust = url === '/trust';
    const answer = (isTrust ? this.trustAnswer : undefined) ?? this.answer;
    if (!isTrust) this.arrived += 1;
    if (answer === 'hang') return;
    if (answer === 200) {
      if (isTrust) this.trusted.push(Number(headers['seconds']));
      else this.purges.push(String(headers['keys']).split(' '));
    }
    setTimeout(() => response.writeHead(answer).end(), isTrust ? 0 : this.delayMs);
  }
}
