import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a module's data is, as one server knows it. */
export interface Placement {
  /** Incremented by each move; of two servers' placements of a module the one with the greater epoch holds. */
  readonly epoch: number;
  /** The cluster that had the data before its first move: positions of all its servers begin with it. */
  readonly lineage: string;
  /** URL, without credentials, of the server that has the data instead of this one; null where this one has it. */
  readonly away: string | null;
  /** URL, without credentials, of the other server of a move that is not finished. */
  readonly peer: string | null;
}

/** The table of a module's schema that its role may read and not write. */
export const PLACEMENT_TABLE = 'placement';

/** Creates the table that says where the module's data is. It is empty until the data moves for the first time. */
export function createPlacement(schema: string): new () => MigrationInterface {
  return class CreatePlacement1700000000003 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        create table ${schema}.placement (
          id integer primary key default 1 check (id = 1),
          epoch integer not null,
          lineage text not null,
          away text,
          peer text
        );
      `);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`drop table ${schema}.placement`);
    }
  };
}

/** Returns where a module's data is; undefined when it never moved. @throws pg.DatabaseError when there is no such table */
export async function readPlacement(
  client: Pick<pg.Client, 'query'>,
  module: string,
): Promise<Placement | undefined> {
  const { rows } = await client.query<Placement>(
    `select epoch, lineage, away, peer from ${pg.escapeIdentifier(module)}.placement`,
  );
  return rows[0];
}

/** Returns the same, and undefined when there is no such table. */
export async function findPlacement(owner: pg.Client, module: string): Promise<Placement | undefined> {
  const { rows } = await owner.query<{ isThere: boolean }>(
    'select to_regclass($1) is not null as "isThere"',
    [`${pg.escapeIdentifier(module)}.placement`],
  );
  return rows[0]!.isThere ? readPlacement(owner, module) : undefined;
}

export async function writePlacement(
  owner: Pick<pg.Client, 'query'>,
  module: string,
  { epoch, lineage, away, peer }: Placement,
): Promise<void> {
  await owner.query(
    `insert into ${pg.escapeIdentifier(module)}.placement (epoch, lineage, away, peer) values ($1, $2, $3, $4)
     on conflict (id) do update
     set epoch = excluded.epoch, lineage = excluded.lineage, away = excluded.away, peer = excluded.peer`,
    [epoch, lineage, away, peer],
  );
}
