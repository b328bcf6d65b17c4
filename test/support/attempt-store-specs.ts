import type { AttemptLimit, AttemptStore, Verdict } from '@tearline/auth';
import { describe, expect, it } from 'vitest';
import { unique } from './conduit.js';

/** Stores of several processes on the same counters; the first and the last may be the same. */
export function attemptStoreSpecs(name: string, storesOf: () => readonly AttemptStore[]): void {
  describe(`attempts in ${name}`, () => {
    const [one, other] = [() => storesOf()[0]!, () => storesOf().at(-1)!];
    const limits = (account: number, address = 100): [AttemptLimit, AttemptLimit] => [
      { key: unique('address'), max: address },
      { key: unique('account'), max: account },
    ];
    const fail = async (store: AttemptStore, limit: readonly AttemptLimit[]) => {
      expect(await store.reserve(limit)).toBe('reserved');
      await store.settle(limit.map(({ key }) => [key, 'failed']));
    };
    const isRefusal = (key: string) => ({ key, forMs: expect.any(Number) as number });

    it('are refused after as many failures as the limit allows, for the rest of a minute', async () => {
      const [address, account] = limits(3);
      for (let time = 0; time < 3; time += 1) await fail(time % 2 ? one() : other(), [address, account]);
      const verdict = await one().reserve([address, account]);
      expect(verdict).toEqual(isRefusal(account.key));
      expect((verdict as { forMs: number }).forMs).toBeGreaterThan(0);
      expect((verdict as { forMs: number }).forMs).toBeLessThanOrEqual(60_000);
      expect(await one().reserve([address, { ...account, key: unique('account') }])).toBe('reserved');
    });

    it('under several limits are reserved under all of them or none', async () => {
      const [address, account] = limits(3, 1);
      await fail(one(), [address, account]);
      for (let time = 0; time < 5; time += 1)
        expect(await other().reserve([address, account])).toEqual(isRefusal(address.key));
      const elsewhere = { ...address, key: unique('address') };
      await fail(one(), [{ ...elsewhere, max: 9 }, account]);
      expect(await one().reserve([{ ...elsewhere, max: 9 }, account])).toBe('reserved');
      expect(await other().reserve([{ ...elsewhere, max: 9 }, account])).toBe('busy');
    });

    it('that are concurrent never exceed the limit', async () => {
      const [address, account] = limits(5);
      const stores = storesOf();
      const verdicts = await Promise.all(
        Array.from({ length: 40 }, async (_, index) =>
          stores[index % stores.length]!.reserve([address, account]),
        ),
      );
      const of = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
      expect(of('reserved') + of('busy')).toBe(40);
      // A store may take back a reservation that it could not make under all limits; none is lost.
      expect(of('reserved')).toBeLessThanOrEqual(5);
      expect(of('reserved')).toBeGreaterThan(0);
      for (let made = of('reserved'); made < 5; made += 1)
        expect(await one().reserve([address, account])).toBe('reserved');
      expect(await one().reserve([address, account])).toBe('busy');
    });

    it('that are released or succeed make room again', async () => {
      const [address, account] = limits(2);
      await fail(one(), [address, account]);
      expect(await one().reserve([address, account])).toBe('reserved');
      expect(await other().reserve([address, account])).toBe('busy');
      await one().settle([
        [address.key, 'released'],
        [account.key, 'released'],
      ]);
      expect(await other().reserve([address, account])).toBe('reserved');
      await other().settle([
        [address.key, 'released'],
        [account.key, 'reset'],
      ]);
      for (let time = 0; time < 2; time += 1) await fail(one(), [address, account]);
      expect(await other().reserve([address, account])).toEqual(isRefusal(account.key));
    });
  });
}
