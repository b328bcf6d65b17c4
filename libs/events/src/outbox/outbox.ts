import { Inject } from '@nestjs/common';
import {
  ContractError,
  currentCall,
  type EventContract,
  type ModuleManifest,
  type PayloadOf,
} from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { JobContract, JobPayloadOf } from '../jobs/job.js';
import { afterCommit } from './after-commit.js';
import type { DeliveryContext } from '../delivery.js';
import { messagingAttributes } from '../handlers/traced-handler.js';

export const outboxToken = (module: string) => `${module} outbox`;

/** Injects the outbox of a module: `@InjectOutbox('articles') private readonly outbox: Outbox`. */
export const InjectOutbox = (module: string) => Inject(outboxToken(module));

export interface EnqueueOptions {
  /** Milliseconds after which the job is due. */
  delayMs?: number;
}

/** Writes a module's events and jobs to its outbox table, in the transaction of the change that they belong to. */
export class Outbox {
  /** By event, the modules whose manifest subscribes to it. */
  readonly #subscribers: ReadonlyMap<string, readonly string[]>;

  /** @param relayNow asks the relay to send what is committed */
  constructor(
    private readonly manifest: ModuleManifest,
    manifests: readonly ModuleManifest[],
    readonly relayNow: () => void,
  ) {
    this.#subscribers = new Map(
      (manifest.publishes ?? []).map(({ name }) => [name, subscribersOf(name, manifests)]),
    );
  }

  /**
   * Publishes an event in the caller's transaction: one statement, or none when no module subscribes. It locks the
   * aggregate until the transaction ends, so call it late.
   * @param aggregate the unit of ordering, e.g. `article/17`
   * @throws ZodError when the payload does not match the contract
   * @throws ContractError when the module's manifest does not list the event in `publishes`
   */
  async publish<E extends EventContract>(
    manager: EntityManager,
    event: E,
    aggregate: string,
    payload: PayloadOf<E>,
  ): Promise<void> {
    const [subscribers, type, version, context] = this.appendEventArguments(event);
    if (subscribers.length === 0) return;
    await manager.query(`select "${this.manifest.name}".append_event($1, $2, $3, $4, $5, $6)`, [
      subscribers,
      aggregate,
      type,
      version,
      JSON.stringify(event.read(payload, event.version)),
      context,
    ]);
    afterCommit(manager, this.relayNow);
  }

  /**
   * Returns the arguments of the SQL function `append_event`, except aggregate and payload, for a statement that publishes
   * what it changes: `select append_event($3, 'article/' || id, $4, $5, jsonb_build_object('articleId', id), $6) from changed`.
   * The main query must read the function's result, or PostgreSQL does not call it. Without subscribers the function
   * does nothing. Call `relayNow()` after the statement.
   * @throws ContractError when the module's manifest does not list the event in `publishes`
   */
  appendEventArguments(
    event: EventContract,
  ): [subscribers: readonly string[], type: string, version: number, context: string] {
    const subscribers = this.#subscribers.get(event.name);
    if (!subscribers)
      throw new ContractError(
        `the manifest of '${this.manifest.name}' does not list the event '${event.name}' in \`publishes\``,
      );
    return [
      subscribers,
      event.name,
      event.version,
      JSON.stringify(contextOf('publish', event.name, event.ends)),
    ];
  }

  /**
   * Adds a job in the caller's transaction: one statement.
   * @throws ZodError when the payload does not match the contract
   * @throws ContractError when the module's manifest does not list the job in `jobs`
   */
  async enqueue<J extends JobContract>(
    manager: EntityManager,
    job: J,
    payload: JobPayloadOf<J>,
    { delayMs = 0 }: EnqueueOptions = {},
  ): Promise<void> {
    const { name: module, jobs = [] } = this.manifest;
    if (!jobs.includes(job.name))
      throw new ContractError(`the manifest of '${module}' does not list the job '${job.name}' in \`jobs\``);
    await manager.query(
      `insert into "${module}".outbox (queue, type, version, payload, context, created_at, next_at)
       select $1, $1, 1, $2, $3, due, due from (select now() + $4 * interval '1 millisecond' as due)`,
      [
        job.name,
        JSON.stringify(job.payload.parse(payload)),
        JSON.stringify(contextOf('enqueue', job.name)),
        delayMs,
      ],
    );
    if (delayMs === 0) afterCommit(manager, this.relayNow);
  }
}

function subscribersOf(event: string, manifests: readonly ModuleManifest[]): string[] {
  return manifests
    .filter(({ subscribes = [] }) => subscribes.some(({ name }) => name === event))
    .map(({ name }) => name)
    .sort();
}

/** Returns what travels with an event or a job: its span, which is where its handlers continue the trace, or else the call's. */
function contextOf(operation: 'publish' | 'enqueue', name: string, ends?: boolean): DeliveryContext {
  const call = currentCall();
  const span = call?.span?.startChild({
    name: `${operation} ${name}`,
    kind: 'producer',
    attributes: messagingAttributes(name, operation, 'send'),
  });
  // It is sent by a statement, which has a span of its own.
  span?.end();
  const traceparent = span?.traceparent ?? call?.traceparent;
  return {
    ...(call && { requestId: call.requestId }),
    ...(traceparent !== undefined && { traceparent }),
    ...(call?.principal && { principal: { id: call.principal.id } }),
    ...(ends && { ends: true }),
  };
}
