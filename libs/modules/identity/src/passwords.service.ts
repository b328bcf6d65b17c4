import { Injectable } from '@nestjs/common';
import { verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { hashPassword } from './password-hash.js';
import { WorkSlots } from './work-slots.js';

/** How many may wait for a hash: about three seconds' worth on one core. */
const MAX_QUEUED = 250;

/** Whoever verifies a password: asked when it is their turn, told how it went. */
export interface PasswordAttempt {
  /** Throws when no attempt is allowed any more. */
  check(): void;
  settle(matches: boolean): void;
}

/** Hashes and verifies passwords, off the event loop and a few at a time. */
@Injectable()
export class PasswordsService {
  readonly #slots = new WorkSlots(maxConcurrentHashes(), MAX_QUEUED);
  readonly #nobodys = hashPassword('');

  /** @throws SeamError unavailable when too many wait */
  hash(password: string): Promise<string> {
    return this.#slots.run(() => hashPassword(password));
  }

  /**
   * @param known the hash to compare with; without one the answer is no, but takes as long
   * @throws SeamError unavailable when too many wait; what `attempt.check` throws
   */
  verify(known: string | undefined, password: string, attempt: PasswordAttempt): Promise<boolean> {
    return this.#slots.run(async () => {
      attempt.check();
      const same = await verify(known ?? (await this.#nobodys), password);
      const matches = same && known !== undefined;
      attempt.settle(matches);
      return matches;
    });
  }
}

/**
 * Hashing runs on libuv's thread pool, which token checks, DNS and files need too; and one core is left to the
 * event loop, where there is more than one.
 */
function maxConcurrentHashes(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Math.max(1, Math.min(availableParallelism(), threads) - 1);
}
