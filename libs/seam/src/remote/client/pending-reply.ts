import type { SeamError } from '../../call/errors.js';
import type { ReplyFrame } from '../frames.js';
import type { Wait } from './remote-call.js';

/** Where replies arrive. */
export interface Replies {
  /** Drops the wait for a reply. @returns false when the reply has already arrived */
  forget(id: number): boolean;
}

/** A reply that is awaited on a connection. */
export class PendingReply implements Wait {
  constructor(
    private readonly connection: Replies,
    private readonly id: number,
    readonly resolve: (reply: ReplyFrame) => void,
    readonly reject: (error: Error) => void,
  ) {}

  abandon(reason: SeamError): void {
    if (this.connection.forget(this.id)) this.reject(reason);
  }
}
