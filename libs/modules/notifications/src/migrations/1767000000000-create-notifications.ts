import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotifications1767000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every change of a user's notifications takes the next sequence number under this row's lock, so the numbers become
      -- visible in order: a reader that has seen number n has seen all changes before it.
      create table notifications.inboxes (
        user_id bigint primary key,
        last bigint not null,
        unread integer not null
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

      create table notifications.notifications (
        user_id bigint not null,
        -- Sequence numbers of its creation, of the latest addition to it, and of its latest change.
        id bigint not null,
        place bigint not null,
        seq bigint not null,
        kind text not null,
        -- 0 for none, as of a new follower.
        article_id bigint not null,
        -- The latest three, newest first, and the number of all actors.
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
      -- Unread notifications change with their activities. A user has one of each kind per article.
      create unique index notifications_open on notifications.notifications (kind, article_id, user_id)
        where read_at is null and withdrawn_at is null;
      create index notifications_read on notifications.notifications (read_at) where read_at is not null;
      create index notifications_withdrawn on notifications.notifications (withdrawn_at)
        where withdrawn_at is not null;

      -- The activities of grouped notifications, which may be undone.
      create table notifications.activities (
        user_id bigint not null,
        notification_id bigint not null,
        actor_id bigint not null,
        -- Distinguishes activities of one actor: the comment's id, or 0.
        subject bigint not null,
        occurred_at timestamptz(3) not null,
        primary key (user_id, notification_id, actor_id, subject),
        foreign key (user_id, notification_id) references notifications.notifications on delete cascade
      );

      -- Fan-outs in progress: articles whose followers are notified, or whose notifications are withdrawn.
      create table notifications.fanouts (
        article_id bigint primary key,
        author_id bigint not null,
        notified_up_to bigint not null default 0,
        withdrawing boolean not null default false,
        published_at timestamptz(3) not null default now()
      );

      -- Events of comments are not ordered with events of articles, so they may arrive after the deletion.
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

      -- The state of each e-mail. 'attempted' means in progress, or interrupted with an unknown outcome.
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
        notifications.gone_articles, notifications.fanouts, notifications.activities, notifications.notifications,
        notifications.inboxes
    `);
  }
}
