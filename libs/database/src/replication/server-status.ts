import pg from 'pg';
import { CURRENT_LSN, formatLsn } from './position.js';

/** Constant while the server runs. */
export interface ServerIdentity {
  /** PostgreSQL's system identifier: the same for a primary and its replicas. */
  readonly cluster: string;
  /** The number of connections that ordinary roles may open. */
  readonly capacity: number;
}

export interface ServerStatus {
  readonly isStandby: boolean;
  /** On a replica the latest timeline of which it has replayed a record; 0 when unknown. */
  readonly timeline: number;
  /** Last written or replayed, as `formatLsn` gives it. */
  readonly lsn: string;
}

const IDENTITY = `
  select system_identifier::text as cluster,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) as capacity
    from pg_control_system()`;

/** A function in a branch that is not taken is not called; a subquery would be. */
const STATUS = {
  name: 'tearline.status',
  text: `
    select standby,
           case when standby then pg_last_wal_replay_lsn() else ${CURRENT_LSN} end::text as lsn,
           case when standby then (select coalesce(max(timeline), 0) from timelines where cluster = $1)
                else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline
      from (select pg_is_in_recovery() as standby) as this`,
};

export async function identityOf(client: Pick<pg.Client, 'query'>): Promise<ServerIdentity> {
  return (await client.query<ServerIdentity>(IDENTITY)).rows[0]!;
}

export async function statusOf(client: pg.Client, { cluster }: ServerIdentity): Promise<ServerStatus> {
  const { rows } = await client.query<{ standby: boolean; lsn: string | null; timeline: number }>({
    ...STATUS,
    values: [cluster],
  });
  const { standby, lsn, timeline } = rows[0]!;
  return { isStandby: standby, timeline, lsn: formatLsn(lsn ?? '0/0') };
}
