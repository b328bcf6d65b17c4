import { ContractError, type DeepReadonly } from '@tearline/seam';
import type { z } from 'zod';

/** Options of a kind of background work. */
export interface JobOptions<S extends z.ZodType> {
  /** Schema of the payload; plain JSON. */
  payload: S;
  /** Failed attempts after which a job is a dead letter; 5 by default. Infrastructure errors do not count. */
  attempts?: number;
  /** Jobs of this kind that one process runs at once; 1 by default. */
  concurrency?: number;
  /** Milliseconds that one attempt may take; then its signal aborts and the attempt has failed. 30 s by default. */
  timeoutMs?: number;
}

/** A kind of background work of one module. */
export interface JobContract<S extends z.ZodType = z.ZodType> {
  /** `<module>.<work>`, which is also the name of the queue. */
  readonly name: string;
  readonly module: string;
  readonly payload: S;
  readonly attempts: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
}

/** The payload of a job, as a deep-readonly value. */
export type JobPayloadOf<J extends JobContract> = DeepReadonly<z.output<J['payload']>>;

/**
 * Declares a kind of background work. The module's manifest lists its name in `jobs`.
 * @param name `<module>.<work>`, in kebab-case
 * @example
 * export const MakeVariants = job('media.variants', { payload: z.object({ hash: z.string() }) });
 */
export function job<S extends z.ZodType>(
  name: string,
  { payload, attempts = 5, concurrency = 1, timeoutMs = 30_000 }: JobOptions<S>,
): JobContract<S> {
  const [, module] = /^([a-z][a-z0-9-]*)\.[a-z][a-z0-9-]*$/.exec(name) ?? [];
  if (module === undefined)
    throw new ContractError(`job: expected a name like <module>.<work>, got '${name}'`);
  return Object.freeze({ name, module, payload, attempts, concurrency, timeoutMs });
}
