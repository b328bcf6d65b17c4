import {
  ContractError,
  currentCall,
  type EventContract,
  type ModuleManifest,
  type PayloadOf,
} from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { JobContract, JobPayloadOf } from '../jobs/job.js';
import { announceCommit } from './commit-hook.js';
import type { DeliveryContext } from './delivery.js';

/** What a job may be told beside its payload. */
export interface EnqueueOptions {
  /** Milliseconds before which it is not begun. */
  delayMs?: number;
}

/** Where a module's events and jobs are written, with the change that they belong to. */
export class Outbox {
  /** Who subscribes to each event that the module publishes. */
  readonly #subscribers: ReadonlyMap<string, readonly string[]>;

  constructor(
    private readonly manifest: ModuleManifest,
    manifests: readonly ModuleManifest[],
    private readonly onWake: () => void,
  ) {
    this.#subscribers = new Map(
      (manifest.publishes ?? []).map(({ name }) => [name, subscribersOf(name, manifests)]),
    );
  }

  /**
   * Publishes an event, in the caller's transaction: one statement, or nothing at all when nobody subscribes.
   * Events of one aggregate wait for each other's transactions, so append late in yours.
   * @param aggregate whose events keep their order, e.g. `article/17`
   * @throws ZodError when the payload does not fit
   * @throws ContractError when the module's manifest does not name the event in `publishes`
   */
  async publish<E extends EventContract>(
    manager: EntityManager,
    event: E,
    aggregate: string,
    payload: PayloadOf<E>,
  ): Promise<void> {
    const [subscribers, type, version, context] = this.appendEventArguments(event);
    if (subscribers.length === 0) return;
    const said = JSON.stringify(event.payload.parse(payload));
    await manager.query(`select "${this.manifest.name}".append_event($1, $2, $3, $4, $5, $6)`, [
      subscribers,
      aggregate,
      type,
      version,
      said,
      context,
    ]);
    announceCommit(manager, this.onWake);
  }

  /**
   * What a statement written by hand needs beside the aggregate and the payload, which come from its rows:
   * `select append_event($3, 'article/' || id, $4, $5, jsonb_build_object('articleId', id), $6) from changed`, with these
   * as $3 to $6. The main query must read the function's result, or PostgreSQL does not call it. Then call `wake()` after
   * the statement. The function does nothing when nobody subscribes.
   * @throws ContractError when the module's manifest does not name the event in `publishes`
   */
  appendEventArguments(
    event: EventContract,
  ): [subscribers: readonly string[], type: string, version: number, context: string] {
    return [this.#subscribersOf(event), event.name, event.version, JSON.stringify(contextOf(event))];
  }

  /**
   * Background work of the module's own, committed with the change: one statement.
   * @throws ZodError when the payload does not fit
   * @throws ContractError when the module's manifest does not name the job
   */
  async enqueue<J extends JobContract>(
    manager: EntityManager,
    job: J,
    payload: JobPayloadOf<J>,
    { delayMs = 0 }: EnqueueOptions = {},
  ): Promise<void> {
    const { name: module, jobs = [] } = this.manifest;
    if (!jobs.includes(job.name))
      throw new ContractError(`the manifest of '${module}' does not name the job '${job.name}'`);
    await manager.query(
      `insert into "${module}".outbox (queue, type, version, payload, context, next_at)
       values ($1, $1, 1, $2, $3, now() + $4 * interval '1 millisecond')`,
      [job.name, JSON.stringify(job.payload.parse(payload)), JSON.stringify(contextOf()), delayMs],
    );
    if (delayMs === 0) announceCommit(manager, this.onWake);
  }

  /** Has what is committed relayed now; for writes that no transaction of TypeORM's announces. */
  relayNow(): void {
    this.onWake();
  }

  #subscribersOf({ name }: EventContract): readonly string[] {
    const subscribers = this.#subscribers.get(name);
    if (!subscribers)
      throw new ContractError(
        `the manifest of '${this.manifest.name}' does not name the event '${name}' in \`publishes\``,
      );
    return subscribers;
  }
}

function subscribersOf(event: string, manifests: readonly ModuleManifest[]): string[] {
  return manifests
    .filter(({ subscribes = [] }) => subscribes.some(({ name }) => name === event))
    .map(({ name }) => name)
    .sort();
}

function contextOf(event?: EventContract): DeliveryContext {
  const call = currentCall();
  return {
    ...(call && { requestId: call.requestId }),
    ...(call?.traceparent !== undefined && { traceparent: call.traceparent }),
    ...(call?.principal && { principal: { id: call.principal.id } }),
    ...(event?.ends && { ends: true }),
  };
}
