import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { availableParallelism } from 'node:os';
import { BulkProcess } from '@tearline/host';
import { Semaphore } from '@tearline/seam';

/** Requests that may wait for a hash: about three seconds of work on one core. */
const MAX_QUEUED = 250;
/** Users wait for a login, so it hardly yields: with 5, forty logins at once on busy cores took longer than their deadline. */
const NICENESS = 1;
/** libuv's threads in the process that hashes. */
const MAX_CONCURRENT = 4;

/** Hashes and verifies passwords in a process of low priority, with bounded concurrency. */
@Injectable()
export class PasswordsService implements OnModuleDestroy {
  readonly #semaphore = new Semaphore(Math.min(availableParallelism(), MAX_CONCURRENT), MAX_QUEUED);
  readonly #process = new BulkProcess(new URL('./passwords-process.js', import.meta.url), NICENESS);

  onModuleDestroy(): void {
    this.#process.close();
  }

  /** @throws SeamError unavailable when too many wait */
  hash(password: string): Promise<string> {
    return this.#semaphore.run(() => this.#process.run('hash', password));
  }

  /**
   * @param known the stored hash; without one the result is false, after the same time
   * @throws SeamError unavailable when too many wait
   */
  verify(known: string | undefined, password: string): Promise<boolean> {
    return this.#semaphore.run(() => this.#process.run('verify', { known, password }));
  }
}
