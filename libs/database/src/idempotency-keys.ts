import { createHash } from 'node:crypto';
import { currentCall, SeamError } from '@tearline/seam';
import type { EntityManager, MigrationInterface, QueryRunner } from 'typeorm';

/** A repetition within this time gets the stored reply. */
export const RETENTION_HOURS = 24;

/** Creates the table of idempotency keys and replies in a module's schema. */
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

/** Identifies one operation of one request. The hash begins with that of method and path, up to a point. */
export type RequestKey = readonly [principal: string, key: string, operation: string, requestHash: string];

/**
 * Returns the key of the current call's operation; undefined when the call has no idempotency key. Keys of a client without a
 * principal, such as those of registrations, belong to the request: several people may use the same one.
 */
export function currentRequestKey(operation: string, request: unknown): RequestKey | undefined {
  const call = currentCall();
  if (call?.idempotencyKey === undefined) return undefined;
  const hash = hashOf(JSON.stringify(request ?? null));
  const { idempotencyTarget: target } = call;
  const requestHash = target === undefined ? hash : `${hashOf(target)}.${hash}`;
  return [call.principal?.id ?? `anonymous ${requestHash}`, call.idempotencyKey, operation, requestHash];
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');

/**
 * Inserts a key, after waiting for a concurrent transaction that has inserted the same key.
 * @returns whether the key is new; if not, the stored `reply`
 * @throws SeamError when the key was used for another request
 */
export async function insertKey(
  manager: EntityManager,
  requestKey: RequestKey,
): Promise<{ isNew: boolean; reply?: unknown }> {
  const [inserted] = await manager.query<{ isReused: boolean }[]>(
    `insert into idempotency_keys (principal, key, operation, request_hash) values ($1, $2, $3, $4)
     on conflict do nothing returning exists (
       select from idempotency_keys other where other.principal = $1 and other.key = $2 and other.operation <> $3
         and split_part(other.request_hash, '.', 1) <> split_part($4, '.', 1)
     ) as "isReused"`,
    [...requestKey],
  );
  if (inserted?.isReused) throw usedForAnother();
  if (inserted) return { isNew: true };
  return { isNew: false, reply: (await findReply(manager, requestKey))?.reply };
}

/** Returns the stored reply, if there is one. */
export async function findReply(
  manager: EntityManager,
  requestKey: RequestKey,
): Promise<{ reply: unknown } | undefined> {
  const [principal, key, operation, requestHash] = requestKey;
  const [stored] = await manager.query<{ request_hash: string; reply: unknown }[]>(
    'select request_hash, reply from idempotency_keys where principal = $1 and key = $2 and operation = $3',
    [principal, key, operation],
  );
  if (stored && stored.request_hash !== requestHash) throw usedForAnother();
  return stored;
}

const usedForAnother = () => new SeamError('idempotency-key/was-used-for-another-request');

/** Stores the reply in the transaction of the effect. */
export async function saveReply(
  manager: EntityManager,
  requestKey: RequestKey,
  reply: unknown,
): Promise<void> {
  const [principal, key, operation] = requestKey;
  await manager.query(
    'update idempotency_keys set reply = $4 where principal = $1 and key = $2 and operation = $3',
    [principal, key, operation, JSON.stringify(reply ?? null)],
  );
}
