import type { FrameSocket } from '../frame-socket.js';
import { nameOf } from './pending-handshakes.js';
import { nonce } from '../credential.js';

/** One connection from another process. */
export class Peer {
  readonly name: string;
  readonly challenge = nonce();
  /** It has shown its credential. */
  isAuthenticated = false;
  /** Calls under way, by the id that the peer gave them. */
  readonly calls = new Map<number, { abandon(): void }>();

  constructor(readonly frames: FrameSocket) {
    this.name = nameOf(frames.netSocket);
  }

  send(frame: unknown): void {
    this.frames.send(JSON.stringify(frame));
  }
}
