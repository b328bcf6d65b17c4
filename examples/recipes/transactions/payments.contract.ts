import { type ClientOf, command, contract } from '@tearline/seam';
import { z } from 'zod';

export const PaymentsContract = contract('payments', {
  charge: command({ args: [z.string(), z.int()], errors: ['payment/declined'] }),
  refund: command({ args: [z.string()] }),
});
export type Payments = ClientOf<typeof PaymentsContract>;
