import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Returns the migration that creates a module's table of purges that an edge cache has not acknowledged. A module whose manifest
 * says `purges` lists it.
 * @param module name of the module and its schema
 */
export function createPurgeTable(module: string): new () => MigrationInterface {
  const table = `"${module}".purges`;
  return class CreatePurgeTable1772000000000 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        -- One row for each change and edge cache, in the transaction of the change. It is deleted when the edge cache has
        -- acknowledged the purge.
        --   edge  URL of the edge cache
        --   keys  surrogate keys, separated by spaces
        create table ${table} (
          edge text not null,
          id uuid not null,
          keys text not null,
          at timestamptz not null default now(),
          primary key (edge, id)
        ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
        create index purges_age on ${table} (edge, at);
      `);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`drop table ${table}`);
    }
  };
}
