import { Injectable } from '@nestjs/common';

/**
 * Serialises the registrations of a name within this process, so that concurrent ones do not each compute a password hash.
 * Uniqueness itself comes from the table's indexes.
 */
@Injectable()
export class NameLocks {
  readonly #held = new Map<string, Promise<unknown>>();

  /**
   * Runs `work` while holding the locks of all names.
   * @param check throws when a name has been taken; called again after every wait
   */
  async withLocks<T>(
    names: readonly string[],
    check: () => Promise<void>,
    work: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      await check();
      const busy = names.map((name) => this.#held.get(name)).find((lock) => lock !== undefined);
      if (busy === undefined) break;
      await busy;
    }
    const result = work();
    const lock = result
      .catch(() => undefined)
      .finally(() => {
        for (const name of names) this.#held.delete(name);
      });
    for (const name of names) this.#held.set(name, lock);
    return result;
  }
}
