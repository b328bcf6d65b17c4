import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateFiles1766000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table media.files (
        hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
        -- Part of the storage keys. Content that is uploaded again after a deletion gets another generation, so that the
        -- cleanup of the old one cannot delete the new one.
        generation text not null,
        kind text not null,
        bytes integer not null,
        status text not null default 'pending' check (status in ('pending', 'ready', 'failed')),
        reason text,
        variants jsonb,
        created_at timestamptz(3) not null default now(),
        ready_at timestamptz(3),
        -- Null while an article or a user shows it.
        unused_since timestamptz(3) default now()
      );
      create index files_unused on media.files (unused_since) where unused_since is not null;

      -- The users who uploaded a file.
      create table media.claims (
        user_id bigint not null,
        hash text not null references media.files on delete cascade,
        claimed_at timestamptz(3) not null default now(),
        primary key (user_id, hash)
      );
      create index claims_on on media.claims (hash);

      -- The sources that show a file: 'article/<id>' or 'user/<id>'. A reference may precede its file.
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
