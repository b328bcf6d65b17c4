import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotifications1767000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every change of a user's notifications takes the next number under this row's lock, so the numbers become
      -- visible in their order: who has seen number n has seen everything before it.
      create table notifications.inboxes (
        user_id bigint primary key,
        last bigint not null,
        unread integer not null
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

      create table notifications.notifications (
        user_id bigint not null,
        -- The user's number when it came, when something was last added, and of its last change.
        id bigint not null,
        place bigint not null,
        seq bigint not null,
        kind text not null,
        -- What it is about; 0 for the user themself, who is followed.
        article_id bigint not null,
        -- The last three, the newest first, and how many there are altogether.
        actors bigint[] not null,
        actor_count integer not null,
        created_at timestamptz(3) not null default now(),
        updated_at timestamptz(3) not null default now(),
        read_at timestamptz(3),
        withdrawn_at timestamptz(3),
        primary key (user_id, id)
      );
      create index notifications_newest on notifications.notifications (user_id, place);
      create index notifications_changes on notifications.notifications (user_id, seq);
      -- What is unread may still grow, shrink and go. A user has one of a kind for each article.
      create unique index notifications_open on notifications.notifications (kind, article_id, user_id)
        where read_at is null and withdrawn_at is null;
      create index notifications_read on notifications.notifications (read_at) where read_at is not null;
      create index notifications_withdrawn on notifications.notifications (withdrawn_at)
        where withdrawn_at is not null;

      -- Who did what, for those that are counted: an act that is undone leaves its notification.
      create table notifications.acts (
        user_id bigint not null,
        notification_id bigint not null,
        actor_id bigint not null,
        -- Tells several acts of one actor apart: the comment, or 0.
        subject bigint not null,
        acted_at timestamptz(3) not null,
        primary key (user_id, notification_id, actor_id, subject),
        foreign key (user_id, notification_id) references notifications.notifications on delete cascade
      );

      -- Articles that are being told to their author's followers, or taken back; how far is done.
      create table notifications.fanouts (
        article_id bigint primary key,
        author_id bigint not null,
        told_up_to bigint not null default 0,
        withdrawing boolean not null default false,
        published_at timestamptz(3) not null default now()
      );

      -- Comments come from another module, so they may come after the end of their article.
      create table notifications.gone_articles (
        article_id bigint primary key,
        gone_at timestamptz(3) not null default now()
      );

      create table notifications.tickets (
        hash bytea primary key,
        user_id bigint not null,
        expires_at timestamptz not null
      );
      create index tickets_of on notifications.tickets (user_id, expires_at);

      create table notifications.preferences (
        user_id bigint primary key,
        email text[] not null
      );

      -- What became of each e-mail. One that is 'attempted' is on its way, or was when its process or connection
      -- ended: then it is in doubt whether it was sent.
      create table notifications.emails (
        user_id bigint not null,
        notification_id bigint not null,
        state text not null,
        attempts integer not null default 1,
        doubts integer not null default 0,
        attempted_at timestamptz(3) not null default now(),
        primary key (user_id, notification_id)
      );
      create index emails_by_age on notifications.emails (attempted_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table notifications.emails, notifications.preferences, notifications.tickets,
        notifications.gone_articles, notifications.fanouts, notifications.acts, notifications.notifications,
        notifications.inboxes
    `);
  }
}
