import { z } from 'zod';
import { type ClientOf, command, contract, query } from '../index.js';

/** One of everything that a contract can carry. */
export const Everything = z.object({
  at: z.date(),
  maybe: z.string().optional(),
  none: z.string().nullable(),
  big: z.bigint(),
  bytes: z.instanceof(Uint8Array),
  text: z.string(),
  list: z.array(z.object({ at: z.date(), n: z.number() })),
  byName: z.record(z.string(), z.bigint()),
  either: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('date'), at: z.date() }),
    z.object({ kind: z.literal('text'), text: z.string() }),
  ]),
});
export type Everything = z.infer<typeof Everything>;

const Id = z.object({ id: z.string() });

/** A contract that asks of a placement all that a placement promises. */
export const ProbeContract = contract('probe', {
  echo: query({ input: Everything, output: Everything }),
  nothing: query({}),
  maybe: query({ input: z.object({ value: z.date().optional() }), output: z.date().optional() }),
  large: query({
    input: z.object({ items: z.int() }),
    output: z.array(z.object({ at: z.date(), text: z.string() })),
  }),
  binary: query({ input: z.object({ bytes: z.int() }), output: z.instanceof(Uint8Array) }),
  context: query({
    output: z.object({
      requestId: z.string(),
      traceparent: z.string().optional(),
      principal: z.string().optional(),
      left: z.number(),
      idempotencyKey: z.string().optional(),
    }),
  }),
  fail: query({
    input: z.object({ how: z.enum(['declared', 'retryable', 'undeclared', 'unexpected']) }),
    errors: ['probe/broken', 'probe/busy'],
  }),
  hang: query({ input: Id }),
  briefly: query({ input: Id, timeout: 40 }),
  aborted: query({ input: Id, output: z.string().nullable() }),
  sleep: query({ input: z.object({ ms: z.number() }), output: z.int() }),
  add: command({ input: z.object({ amount: z.int() }), output: z.object({ total: z.int() }) }),
  total: query({ output: z.int() }),
  key: command({ output: z.string().optional() }),
  write: command({
    input: z.object({ module: z.string(), position: z.string(), fails: z.boolean() }),
    errors: ['probe/broken'],
  }),
  read: query({ input: z.object({ module: z.string(), position: z.string().optional() }) }),
  needs: query({
    output: z.object({ level: z.string().optional(), required: z.record(z.string(), z.string()) }),
  }),
});
export type Probe = ClientOf<typeof ProbeContract>;
