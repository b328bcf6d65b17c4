import { Injectable } from '@nestjs/common';

/**
 * Lets one registration at a time work for a name; the others wait for its outcome before they cost a hash. Only this
 * process knows of it: what makes names unique are the table's indexes.
 */
@Injectable()
export class NameLocks {
  readonly #claimed = new Map<string, Promise<unknown>>();

  /**
   * @param names what nobody else may work for meanwhile
   * @param check refuses, by throwing, what has been taken; called again after every wait
   */
  async withLocks<T>(
    names: readonly string[],
    check: () => Promise<void>,
    work: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      await check();
      const busy = names.map((name) => this.#claimed.get(name)).find((claim) => claim !== undefined);
      if (busy === undefined) break;
      await busy;
    }
    const result = work();
    const claim = result
      .catch(() => undefined)
      .finally(() => {
        for (const name of names) this.#claimed.delete(name);
      });
    for (const name of names) this.#claimed.set(name, claim);
    return result;
  }
}
