create table social.follows (
  follower_id bigint not null,
  followee_id bigint not null check (followee_id <> follower_id),
  created_at timestamptz(3) not null default now(),
  primary key (follower_id, followee_id)
);
create index follows_followers on social.follows (followee_id, follower_id);
