import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The table in which each primary records its timeline. A replica that has a row has replayed records of that timeline.
 * An ordinary role has no other source: the control file lags behind by minutes.
 */
export function createTimelines(schema: string): new () => MigrationInterface {
  return class CreateTimelines1700000000001 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        create table ${schema}.timelines (
          cluster text not null,
          timeline integer not null,
          seen_at timestamptz not null default now(),
          primary key (cluster, timeline)
        );
      `);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`drop table ${schema}.timelines`);
    }
  };
}

export const INSERT_TIMELINE =
  'insert into timelines (cluster, timeline) values ($1, $2) on conflict do nothing';
