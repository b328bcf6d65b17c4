import { ContractError, type DeepReadonly } from '@tearline/seam';
import type { z } from 'zod';

/** What a kind of background work may be told. */
export interface JobOptions<S extends z.ZodType> {
  /** Schema of what the work is told; plain JSON. */
  payload: S;
  /** How often the work is tried before it is dead; 5 by default. Losing a connection does not count. */
  attempts?: number;
  /** Jobs of this kind that one process does at once; 1 by default. */
  concurrency?: number;
  /** Milliseconds that one attempt may take; then its signal aborts and the attempt has failed. 30 s by default. */
  timeoutMs?: number;
}

/** A kind of background work of one module. */
export interface JobContract<S extends z.ZodType = z.ZodType> {
  /** `<module>.<work>`, which is also the queue's name. */
  readonly name: string;
  /** The module whose work it is. */
  readonly module: string;
  readonly payload: S;
  readonly attempts: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
}

/** What a job is told, as a deep-readonly value. */
export type JobPayloadOf<J extends JobContract> = DeepReadonly<z.output<J['payload']>>;

/** The module of a queue `<module>.<work>`. */
export function moduleOf(queue: string): string {
  const [, module] = /^([a-z][a-z0-9-]*)\.[a-z][a-z0-9-]*$/.exec(queue) ?? [];
  if (module === undefined) throw new ContractError(`job name '${queue}' is not <module>.<work>`);
  return module;
}

/**
 * Declares a kind of background work. Its queue's name is listed in the module's manifest.
 * @param name `<module>.<work>`, in kebab-case
 * @example
 * export const MakeVariants = job('media.variants', { payload: z.object({ hash: z.string() }) });
 */
export function job<S extends z.ZodType>(
  name: string,
  { payload, attempts = 5, concurrency = 1, timeoutMs = 30_000 }: JobOptions<S>,
): JobContract<S> {
  return Object.freeze({ name, module: moduleOf(name), payload, attempts, concurrency, timeoutMs });
}
