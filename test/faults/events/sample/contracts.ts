import { contract, event, query } from '@tearline/seam';
import { job } from '@tearline/events';
import { z } from 'zod';

const Entry = z.object({ n: z.int() });

/** An entry was made in an account. Aggregate: the account. */
export const Entered = event('ledger/entered', { payload: Entry });

/** Stamps a copy, in the background. */
export const Stamp = job('copies.stamp', {
  payload: z.object({ aggregate: z.string(), n: z.int() }),
  attempts: 8,
  concurrency: 2,
});

export const LedgerContract = contract('ledger', { nothing: query({}) });
export const CopiesContract = contract('copies', { nothing: query({}) });
