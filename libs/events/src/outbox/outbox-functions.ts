/** The SQL functions of a publisher. In PL/pgSQL, which caches the plan. */
export const outboxFunctions = (schema: string) => `
  -- Allocates the next number of the aggregate for each subscriber, and inserts its outbox row.
  create function ${schema}.append_event(
    p_subscribers text[], p_aggregate text, p_type text, p_version integer, p_payload jsonb, p_context jsonb
  ) returns void
  language plpgsql as $$
  begin
    -- Sorted, so that two calls for one aggregate cannot deadlock.
    with numbered as (
      insert into ${schema}.event_sequences as s (subscriber, aggregate, last, ended_at)
      select name, p_aggregate, 1, case when p_context ? 'ends' then now() end
      from unnest(p_subscribers) as name order by name
      on conflict (subscriber, aggregate) do update set last = s.last + 1, ended_at = excluded.ended_at
      returning s.subscriber, s.last
    )
    insert into ${schema}.outbox (queue, aggregate, seq, type, version, payload, context)
    select n.subscriber, p_aggregate, n.last, p_type, p_version, p_payload, p_context from numbered n;
  end $$;
`;
