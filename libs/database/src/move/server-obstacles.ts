import pg from 'pg';
import { connectionOf } from './replication.js';
import type { Server } from './server.js';

const { escapeLiteral: literal } = pg;

/** With `origin = none`, without which two servers that follow each other would replicate in a circle. */
const MIN_VERSION = 160_000;

interface Abilities {
  readonly version: number;
  readonly walLevel: string;
  readonly freeSlots: number;
  /** Each subscription of the server has one at all times, and more while it copies. */
  readonly freeWorkers: number;
  readonly canReplicate: boolean;
  readonly canSubscribe: boolean;
  readonly canCreate: boolean;
  readonly canCreateRoles: boolean;
  readonly encoding: string;
}

const ABILITIES = `
  select current_setting('server_version_num')::int as version, current_setting('wal_level') as "walLevel",
         current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots)::int as "freeSlots",
         least(current_setting('max_logical_replication_workers')::int, current_setting('max_worker_processes')::int)
         - (select count(*) from pg_subscription where subenabled)::int as "freeWorkers",
         rolsuper or rolreplication as "canReplicate",
         rolsuper or exists (select from pg_roles s where s.rolname = 'pg_create_subscription'
                                and pg_has_role(current_user, s.oid, 'USAGE')) as "canSubscribe",
         has_database_privilege(current_database(), 'create') as "canCreate",
         rolsuper or rolcreaterole as "canCreateRoles",
         pg_encoding_to_char(encoding) as encoding
    from pg_roles, pg_database where rolname = current_user and datname = current_database()`;

/**
 * Returns what stands in the way of replication between two servers, in both directions.
 * @param isStarted whether the move has begun, so that its slots are there
 */
export async function serverObstacles(source: Server, target: Server, isStarted: boolean): Promise<string[]> {
  const [one, other] = [await abilitiesOf(source), await abilitiesOf(target)];
  const found = [...abilityObstacles(source, one, isStarted), ...abilityObstacles(target, other, isStarted)];
  if (!other.canCreateRoles)
    found.push(
      `the role '${target.role}' at ${target.address} may not create roles: alter role "${target.role}" createrole, as a superuser`,
    );
  if (one.encoding !== other.encoding)
    found.push(
      `the databases have different encodings, ${one.encoding} and ${other.encoding}: create the target's with encoding '${one.encoding}'`,
    );
  if (canFollow(one, other)) found.push(...(await reachObstacles(source, target)));
  if (canFollow(other, one)) found.push(...(await reachObstacles(target, source)));
  return found;
}

async function abilitiesOf({ owner }: Server): Promise<Abilities> {
  const { rows } = await owner.query<Abilities>(ABILITIES);
  return rows[0]!;
}

/** Else the attempt to subscribe fails for a reason that is an obstacle already. */
const canFollow = (one: Abilities, other: Abilities) =>
  one.version >= MIN_VERSION && one.canSubscribe && one.canCreate && other.canReplicate;

function abilityObstacles(
  { address: at, role }: Server,
  { version, walLevel, freeSlots, freeWorkers, canReplicate, canSubscribe, canCreate }: Abilities,
  isStarted: boolean,
): string[] {
  const found: string[] = [];
  if (version < MIN_VERSION)
    found.push(
      `${at} runs PostgreSQL ${Math.floor(version / 10_000)}: a move needs 16 or later on both servers`,
    );
  if (walLevel !== 'logical')
    found.push(
      `${at} has wal_level '${walLevel}': alter system set wal_level = 'logical', and restart the server`,
    );
  if (freeSlots < 2 && !isStarted)
    found.push(
      `${at} has ${freeSlots} free replication slots, expected 2: raise max_replication_slots and max_wal_senders, and restart the server`,
    );
  if (freeWorkers < 2 && !isStarted)
    found.push(
      `${at} has ${freeWorkers} free logical replication workers, expected 2: finish other moves, or raise max_logical_replication_workers and max_worker_processes, and restart the server`,
    );
  if (!canReplicate)
    found.push(
      `the role '${role}' at ${at} may not replicate: alter role "${role}" replication, as a superuser`,
    );
  if (!canSubscribe)
    found.push(
      `the role '${role}' at ${at} may not subscribe: grant pg_create_subscription to "${role}", as a superuser`,
    );
  if (!canCreate)
    found.push(
      `the role '${role}' at ${at} may not create schemas: grant create on its database to "${role}", as a superuser`,
    );
  return found;
}

const PROBE = 'tearline_probe';
const PROBE_TIMEOUT_S = 5;

/** Lets a server log in at the other one, as replication will: in a transaction that is rolled back. */
async function reachObstacles(from: Server, to: Server): Promise<string[]> {
  const connection = literal(connectionOf(to, { connect_timeout: `${PROBE_TIMEOUT_S}` }));
  await from.owner.query('begin');
  try {
    await from.owner.query(
      `create subscription ${PROBE} connection ${connection} publication ${PROBE}
       with (slot_name = none, create_slot = false, enabled = false, copy_data = false)`,
    );
    return [];
  } catch (error) {
    return [
      `the server ${from.address} cannot connect to ${to.address} (${(error as Error).message}): replication needs both directions, with the address and the role of the owner's URL`,
    ];
  } finally {
    await from.owner.query('rollback');
  }
}
