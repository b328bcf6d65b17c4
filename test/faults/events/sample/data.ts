import type { ModuleData } from '@tearline/database';
import { createEventTables } from '@tearline/events';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class CreateEntries1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ledger.entries (
        id bigint generated always as identity primary key,
        aggregate text not null,
        n int not null,
        at timestamptz not null default clock_timestamp()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table ledger.entries');
  }
}

class CreateEffects1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table copies.effects (
        id bigint generated always as identity primary key,
        aggregate text not null,
        seq bigint not null,
        n int not null,
        at timestamptz not null default clock_timestamp()
      );
      create table copies.stamps (
        id bigint generated always as identity primary key,
        aggregate text not null,
        n int not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table copies.effects, copies.stamps');
  }
}

/** The tables of the sample modules. */
export const data: readonly ModuleData[] = [
  { schema: 'ledger', migrations: async () => [CreateEntries1764000000000, createEventTables('ledger')] },
  { schema: 'copies', migrations: async () => [CreateEffects1764000000000, createEventTables('copies')] },
];
