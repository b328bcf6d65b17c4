import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { Semaphore } from '@tearline/seam';

/** Argon2id parameters of OWASP's Password Storage Cheat Sheet; `memoryCost` in KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Requests that may wait for a hash: about three seconds of work on one core. */
const MAX_QUEUED = 250;

/** An attempt to verify a password. */
export interface PasswordAttempt {
  /** Called before the verification; throws when no further attempt is allowed. */
  check(): void;
  /** Called with the result. */
  settle(matches: boolean): void;
}

/** Returns an Argon2id hash with its parameters and salt, in PHC format; takes about 12 ms of a core. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, PARAMETERS);
}

/** Hashes and verifies passwords off the event loop, with bounded concurrency. */
@Injectable()
export class PasswordsService {
  readonly #semaphore = new Semaphore(maxConcurrentHashes(), MAX_QUEUED);
  readonly #decoyHash = hashPassword('');

  /** @throws SeamError unavailable when too many wait */
  hash(password: string): Promise<string> {
    return this.#semaphore.run(() => hashPassword(password));
  }

  /**
   * @param known the stored hash; without one the result is false, after the same time
   * @throws SeamError unavailable when too many wait; what `attempt.check` throws
   */
  verify(known: string | undefined, password: string, attempt: PasswordAttempt): Promise<boolean> {
    return this.#semaphore.run(async () => {
      attempt.check();
      const isSame = await verify(known ?? (await this.#decoyHash), password);
      const matches = isSame && known !== undefined;
      attempt.settle(matches);
      return matches;
    });
  }
}

/**
 * Hashing runs on libuv's thread pool, which token checks, DNS and files also use; with several cores, one is left to the
 * event loop.
 */
function maxConcurrentHashes(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Math.max(1, Math.min(availableParallelism(), threads) - 1);
}
