import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSessions1780000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table identity.credential_changes (
        user_id bigint primary key references identity.users on delete cascade,
        generation int not null,
        changed_at timestamptz(3) not null
      );
      create index credential_changes_order on identity.credential_changes (changed_at, user_id);
      create table identity.sessions (
        id text primary key,
        user_id bigint not null references identity.users on delete cascade,
        generation int not null,
        user_agent text not null,
        created_at timestamptz(3) not null,
        last_used_at timestamptz(3) not null
      );
      create index sessions_user on identity.sessions (user_id, created_at);
      create index sessions_created on identity.sessions (created_at);
      create index sessions_last_used on identity.sessions (last_used_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table identity.sessions;
      drop table identity.credential_changes;
    `);
  }
}
