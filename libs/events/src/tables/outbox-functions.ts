/** The SQL functions of a publisher. In PL/pgSQL, which caches the plan. */
export const outboxFunctions = (schema: string) => `
  -- append_event(subscribers, aggregate, type, version, payload, context): allocates a number for each subscriber and
  -- inserts its outbox row.
  create function ${schema}.append_event(text[], text, text, integer, jsonb, jsonb) returns void
  language plpgsql as $$
  begin
    -- Sorted, so that two publishers cannot deadlock.
    with numbered as (
      insert into ${schema}.event_sequences as s (subscriber, aggregate, last, ended_at)
      select name, $2, 1, case when $6 ? 'ends' then now() end from unnest($1) as name order by name
      on conflict (subscriber, aggregate) do update set last = s.last + 1, ended_at = excluded.ended_at
      returning s.subscriber, s.last
    )
    insert into ${schema}.outbox (queue, aggregate, seq, type, version, payload, context)
    select n.subscriber, $2, n.last, $3, $4, $5, $6 from numbered n;
  end $$;
`;
