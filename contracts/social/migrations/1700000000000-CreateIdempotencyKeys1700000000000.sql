create table social.idempotency_keys (
  principal text not null,
  key text not null,
  operation text not null,
  request_hash text not null,
  reply jsonb,
  created_at timestamptz not null default now(),
  primary key (principal, key, operation)
);
create index idempotency_keys_by_age on social.idempotency_keys (created_at);
