import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@tearline/seam';
import { MemoryAttempts } from './limits/memory-attempts.js';
import { tooMany } from './limits/too-many.js';

export const WRITES_PER_MINUTE = Symbol('writes per minute');

const READS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/** Returns whether requests with this method have no effect. */
export const isRead = (method: string | undefined): boolean => READS.has(method);

/** Limits the writes of a user in this process, so that one account cannot fill the database. */
@Injectable()
export class WriteLimit {
  readonly #writes = new MemoryAttempts();

  constructor(@Inject(WRITES_PER_MINUTE) private readonly max: number) {}

  /** Counts a request, if it is a write. @throws SeamError `writes/too-many` */
  count({ id }: Principal, method: string | undefined): void {
    if (isRead(method)) return;
    const verdict = this.#writes.reserve([{ key: id, max: this.max }]);
    if (typeof verdict === 'object') throw tooMany('writes', verdict.forMs);
    this.#writes.settle([[id, 'failed']]);
  }
}
