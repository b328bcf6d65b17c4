import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateFiles1766000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table media.files (
        hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
        -- Part of the names of what is stored for this row. Content that is deleted and uploaded again is another
        -- generation, so that whoever still tidies up after the old one cannot touch the new one.
        generation text not null,
        kind text not null,
        bytes integer not null,
        status text not null default 'pending' check (status in ('pending', 'ready', 'failed')),
        reason text,
        variants jsonb,
        created_at timestamptz(3) not null default now(),
        ready_at timestamptz(3),
        -- Null while anything shows it.
        unused_since timestamptz(3) default now()
      );
      create index files_unused on media.files (unused_since) where unused_since is not null;

      -- Who has uploaded it.
      create table media.claims (
        user_id bigint not null,
        hash text not null references media.files on delete cascade,
        claimed_at timestamptz(3) not null default now(),
        primary key (user_id, hash)
      );
      create index claims_on on media.claims (hash);

      -- What shows it: 'article/<id>' or 'user/<id>'. It may name what is not there (yet): anybody may write a link.
      create table media.refs (
        source text not null,
        hash text not null,
        primary key (source, hash)
      );
      create index refs_to on media.refs (hash);

      create table media.upload_counts (
        user_id bigint not null,
        minute timestamptz(0) not null,
        uploads integer not null,
        primary key (user_id, minute)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table media.upload_counts, media.refs, media.claims, media.files');
  }
}
