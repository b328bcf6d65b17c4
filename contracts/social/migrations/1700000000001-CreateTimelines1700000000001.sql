create table social.timelines (
  cluster text not null,
  timeline integer not null,
  seen_at timestamptz not null default now(),
  primary key (cluster, timeline)
);
