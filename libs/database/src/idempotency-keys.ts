import { createHash } from 'node:crypto';
import { currentCall, SeamError } from '@tearline/seam';
import type { EntityManager, MigrationInterface, QueryRunner } from 'typeorm';

/** Hours that a repetition may come after. */
export const RETENTION_HOURS = 24;

/** The table that remembers, in the module's own schema, what was done under which key. */
export function createIdempotencyKeys(schema: string): new () => MigrationInterface {
  return class CreateIdempotencyKeys1700000000000 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        create table ${schema}.idempotency_keys (
          principal text not null,
          key text not null,
          operation text not null,
          request_hash text not null,
          reply jsonb,
          created_at timestamptz not null default now(),
          primary key (principal, key, operation)
        );
        create index idempotency_keys_by_age on ${schema}.idempotency_keys (created_at);
      `);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`drop table ${schema}.idempotency_keys`);
    }
  };
}

/** What one piece of work goes by: who asked, under which key, for what. */
export type RequestKey = readonly [principal: string, key: string, operation: string, requestHash: string];

/** The claim of the current call, if it came with a key. */
export function currentRequestKey(operation: string, request: unknown): RequestKey | undefined {
  const call = currentCall();
  if (call?.idempotencyKey === undefined) return undefined;
  const hash = createHash('sha256')
    .update(JSON.stringify(request ?? null))
    .digest('base64url');
  return [call.principal?.id ?? '', call.idempotencyKey, operation, hash];
}

/**
 * Takes a key for the transaction, and waits for another one that has it.
 * @returns whether it is ours; if not, `reply` of the one before
 * @throws SeamError when the key was used for another request
 */
export async function insertKey(
  manager: EntityManager,
  claim: RequestKey,
): Promise<{ ours: boolean; reply?: unknown }> {
  const taken = await manager.query<unknown[]>(
    `insert into idempotency_keys (principal, key, operation, request_hash) values ($1, $2, $3, $4)
     on conflict do nothing returning 1`,
    [...claim],
  );
  if (taken.length > 0) return { ours: true };
  return { ours: false, reply: (await findReply(manager, claim))?.reply };
}

/** The reply that was kept under this claim, if there is one. */
export async function findReply(
  manager: EntityManager,
  claim: RequestKey,
): Promise<{ reply: unknown } | undefined> {
  const [principal, key, operation, requestHash] = claim;
  const [kept] = await manager.query<{ request_hash: string; reply: unknown }[]>(
    'select request_hash, reply from idempotency_keys where principal = $1 and key = $2 and operation = $3',
    [principal, key, operation],
  );
  if (kept && kept.request_hash !== requestHash)
    throw new SeamError('idempotency-key/was-used-for-another-request');
  return kept;
}

/** Keeps the reply beside the effect, in the same transaction. */
export async function saveReply(manager: EntityManager, claim: RequestKey, reply: unknown): Promise<void> {
  const [principal, key, operation] = claim;
  await manager.query(
    'update idempotency_keys set reply = $4 where principal = $1 and key = $2 and operation = $3',
    [principal, key, operation, JSON.stringify(reply ?? null)],
  );
}
