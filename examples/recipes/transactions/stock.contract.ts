import { type ClientOf, command, contract, query } from '@tearline/seam';
import { z } from 'zod';

const Line = [z.string(), z.string(), z.int().positive()] as const;
const errors = ['stock/not-enough'];

/** Each command names the order, so that a repetition has no further effect. */
export const StockContract = contract('stock', {
  left: query({ args: [z.string()], output: z.int() }),
  take: command({ args: [...Line], errors }),
  putBack: command({ args: [z.string()] }),
  reserve: command({ args: [...Line, z.date()], errors }),
  confirm: command({ args: [z.string()], errors: ['stock/expired'] }),
});
export type Stock = ClientOf<typeof StockContract>;
