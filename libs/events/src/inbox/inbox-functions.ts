/** Key of the advisory lock of an aggregate that has no cursor yet. */
const lockKey = `hashtextextended(p_publisher || ' ' || p_aggregate, 0)`;

/** The SQL functions of a subscriber: each step of an event is one round trip. Parameters begin with `p_`. */
export const inboxFunctions = (schema: string) => `
  -- Decides what to do with an event that has arrived:
  --   handle     it is next: this transaction locks the aggregate, advances the cursor and handles the event
  --   duplicate  it has been handled
  --   stored     a gap or a dead letter precedes it, or another transaction has the aggregate: it is in the inbox now
  -- A transaction never waits for another one's handler: one aggregate would occupy all workers. Only the event that is
  -- next takes the lock, so an early one cannot hold it against the next.
  create function ${schema}.receive_event(p_publisher text, p_aggregate text, p_seq bigint, p_event jsonb) returns text
  language plpgsql as $$
  declare
    aggregate_cursor ${schema}.inbox_cursors;
    ended timestamptz := case when p_event->'context' ? 'ends' then now() end;
  begin
    select * into aggregate_cursor from ${schema}.inbox_cursors c where c.publisher = p_publisher and c.aggregate = p_aggregate;
    if p_seq <= aggregate_cursor.last then return 'duplicate'; end if;
    if p_seq = coalesce(aggregate_cursor.last, 0) + 1 and aggregate_cursor.parked_at is null then
      if aggregate_cursor.last is null then
        insert into ${schema}.inbox_cursors (publisher, aggregate, last, ended_at)
        select p_publisher, p_aggregate, p_seq, ended where pg_try_advisory_xact_lock(${lockKey})
        on conflict do nothing;
      else
        update ${schema}.inbox_cursors c set last = p_seq, ended_at = ended
        where (c.publisher, c.aggregate) in (
          select n.publisher, n.aggregate from ${schema}.inbox_cursors n
          where n.publisher = p_publisher and n.aggregate = p_aggregate and n.last = p_seq - 1 and n.parked_at is null
          for update skip locked
        );
      end if;
      if found then
        delete from ${schema}.inbox i where i.publisher = p_publisher and i.aggregate = p_aggregate and i.seq = p_seq;
        -- A handler that hangs must not lock the aggregate for as long as its process lives.
        perform set_config('idle_in_transaction_session_timeout', '33s', true);
        return 'handle';
      end if;
    end if;
    -- An insert would wait for a transaction that is deleting the row.
    insert into ${schema}.inbox (publisher, aggregate, seq, event)
    select p_publisher, p_aggregate, p_seq, p_event
    where not exists (
      select from ${schema}.inbox i where i.publisher = p_publisher and i.aggregate = p_aggregate and i.seq = p_seq
    )
    on conflict do nothing;
    return 'stored';
  end $$;

  -- Returns the stored event that is next, if it is due and no other process has claimed it. The claim is counted before
  -- the handler runs, so that a handler that crashes its process is noticed. Also deletes stored copies of events that
  -- have been handled.
  create function ${schema}.claim_event(p_publisher text, p_aggregate text) returns setof ${schema}.inbox
  language plpgsql as $$
  declare
    handled bigint;
    is_parked boolean;
  begin
    -- Called after every event; nearly always, nothing is stored.
    if not exists (
      select from ${schema}.inbox i where i.publisher = p_publisher and i.aggregate = p_aggregate
    ) then return; end if;
    select c.last, c.parked_at is not null into handled, is_parked from ${schema}.inbox_cursors c
    where c.publisher = p_publisher and c.aggregate = p_aggregate;
    handled := coalesce(handled, 0);
    delete from ${schema}.inbox d using (
      select i.seq from ${schema}.inbox i
      where i.publisher = p_publisher and i.aggregate = p_aggregate and i.seq <= handled for update skip locked
    ) old
    where d.publisher = p_publisher and d.aggregate = p_aggregate and d.seq = old.seq;
    if is_parked then return; end if;
    return query
      update ${schema}.inbox i
      set claims = i.claims + 1, next_at = now() + least(i.claims + 1, 15) * interval '2 seconds'
      from (
        select n.seq from ${schema}.inbox n
        where n.publisher = p_publisher and n.aggregate = p_aggregate and n.seq = handled + 1 and n.state = 'waiting'
          and n.next_at <= now()
        for update skip locked
      ) next
      where i.publisher = p_publisher and i.aggregate = p_aggregate and i.seq = next.seq
      returning i.*;
  end $$;

  -- Stores an event whose attempt failed: for another attempt, or as a dead letter, which parks its aggregate. Waits for
  -- the transaction of a handler that hangs, which PostgreSQL ends.
  --   p_kind  failed     counts as an attempt; after p_max_attempts, a dead letter
  --           transient  does not count
  --           fatal      a dead letter at once
  create function ${schema}.fail_event(
    p_publisher text, p_aggregate text, p_seq bigint, p_event jsonb, p_error text, p_kind text, p_max_attempts integer,
    out state text, out attempts integer, out wait_ms integer
  )
  language plpgsql as $$
  declare
    counted integer := (p_kind <> 'transient')::integer;
    handled bigint;
    stored ${schema}.inbox;
    wait interval := '0';
  begin
    if p_seq = 1 then
      insert into ${schema}.inbox_cursors (publisher, aggregate) values (p_publisher, p_aggregate) on conflict do nothing;
    end if;
    select c.last into handled from ${schema}.inbox_cursors c
    where c.publisher = p_publisher and c.aggregate = p_aggregate for update;
    if handled >= p_seq then
      state := 'handled'; attempts := 0; wait_ms := 0;
      return;
    end if;
    insert into ${schema}.inbox as i (publisher, aggregate, seq, event, attempts, error)
    values (p_publisher, p_aggregate, p_seq, p_event, counted, p_error)
    on conflict (publisher, aggregate, seq) do update
    set attempts = i.attempts + counted, claims = 0, error = p_error
    returning i.* into stored;
    state := stored.state;
    -- Only the next event may become a dead letter: dropping it would skip the events before it.
    if handled = p_seq - 1 and (p_kind = 'fatal' or p_kind = 'failed' and stored.attempts >= p_max_attempts) then
      state := 'dead';
      update ${schema}.inbox_cursors c set parked_at = now()
      where c.publisher = p_publisher and c.aggregate = p_aggregate;
    end if;
    if state = 'waiting' then
      wait := case p_kind
        when 'transient' then
          least(interval '30 seconds', greatest(interval '500 milliseconds', (now() - stored.received_at) / 2))
        else interval '200 milliseconds' * power(2, least(stored.attempts, 10) - 1)
      end * (0.5 + random() / 2);
    end if;
    update ${schema}.inbox i set state = fail_event.state, next_at = now() + wait
    where i.publisher = p_publisher and i.aggregate = p_aggregate and i.seq = p_seq;
    attempts := stored.attempts; wait_ms := extract(epoch from wait) * 1000;
  end $$;
`;
