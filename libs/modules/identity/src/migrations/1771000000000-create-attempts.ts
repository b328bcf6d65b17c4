import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAttempts1771000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Unlogged: counts of a minute need no WAL. A crash or a promotion empties the table.
    await runner.query(`
      create unlogged table identity.attempts (
        key text primary key,
        reserved integer not null,
        failures integer not null,
        ends_at timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table identity.attempts');
  }
}
