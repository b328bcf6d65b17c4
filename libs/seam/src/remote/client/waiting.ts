import type { SeamError } from '../../call/errors.js';
import type { ReplyFrame } from '../frames.js';
import type { Connection } from './connection.js';
import type { Wait } from './remote-call.js';

/** A reply that is awaited on a connection. */
export class Waiting implements Wait {
  constructor(
    private readonly connection: Pick<Connection, 'forget'>,
    private readonly id: number,
    readonly resolve: (reply: ReplyFrame) => void,
    readonly reject: (error: Error) => void,
  ) {}

  abandon(reason: SeamError): void {
    if (this.connection.forget(this.id)) this.reject(reason);
  }
}
