/** True for one transaction at a time; taken before a cursor is inserted. */
const hasLock = `pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))`;

/** The SQL functions of a subscriber: each step of an event is one round trip. */
export const inboxFunctions = (schema: string) => `
  -- receive_event(publisher, aggregate, seq, event): decides what to do with an event that has arrived.
  --   handle     it is next: this transaction locks the aggregate, advances the cursor and handles the event
  --   duplicate  it has been handled
  --   stored     a gap or a dead letter precedes it, or another transaction has the aggregate: it is in the inbox now
  -- A transaction never waits for another one's handler: one aggregate would occupy all workers. Only the event that is
  -- next takes the lock, so an early one cannot hold it against the next. Before the cursor's row exists, an advisory
  -- lock replaces the row lock.
  create function ${schema}.receive_event(text, text, bigint, jsonb) returns text
  language plpgsql as $$
  declare
    at ${schema}.inbox_cursors;
    ended timestamptz := case when $4->'context' ? 'ends' then now() end;
  begin
    select * into at from ${schema}.inbox_cursors c where c.publisher = $1 and c.aggregate = $2;
    if $3 <= at.last then return 'duplicate'; end if;
    if $3 = coalesce(at.last, 0) + 1 and at.parked_at is null then
      if at.last is null then
        insert into ${schema}.inbox_cursors (publisher, aggregate, last, ended_at)
        select $1, $2, $3, ended where ${hasLock}
        on conflict do nothing;
      else
        update ${schema}.inbox_cursors c set last = $3, ended_at = ended
        where (c.publisher, c.aggregate) in (
          select n.publisher, n.aggregate from ${schema}.inbox_cursors n
          where n.publisher = $1 and n.aggregate = $2 and n.last = $3 - 1 and n.parked_at is null
          for update skip locked
        );
      end if;
      if found then
        delete from ${schema}.inbox i where i.publisher = $1 and i.aggregate = $2 and i.seq = $3;
        -- A handler that hangs must not lock the aggregate for as long as its process lives.
        perform set_config('idle_in_transaction_session_timeout', '40s', true);
        return 'handle';
      end if;
    end if;
    -- An insert would wait for a transaction that is deleting the row.
    insert into ${schema}.inbox (publisher, aggregate, seq, event)
    select $1, $2, $3, $4
    where not exists (
      select from ${schema}.inbox i where i.publisher = $1 and i.aggregate = $2 and i.seq = $3
    )
    on conflict do nothing;
    return 'stored';
  end $$;

  -- claim_event(publisher, aggregate): returns the stored event that is next, if it is due and no other process has
  -- claimed it. The claim is counted before the handler runs, so that a handler that crashes its process is noticed.
  create function ${schema}.claim_event(text, text) returns setof ${schema}.inbox
  language plpgsql as $$
  declare
    done bigint;
    is_parked boolean;
  begin
    -- Called after every event; nearly always, nothing is stored.
    if not exists (select from ${schema}.inbox i where i.publisher = $1 and i.aggregate = $2) then return; end if;
    select c.last, c.parked_at is not null into done, is_parked from ${schema}.inbox_cursors c
    where c.publisher = $1 and c.aggregate = $2;
    done := coalesce(done, 0);
    delete from ${schema}.inbox d using (
      select i.seq from ${schema}.inbox i
      where i.publisher = $1 and i.aggregate = $2 and i.seq <= done for update skip locked
    ) old
    where d.publisher = $1 and d.aggregate = $2 and d.seq = old.seq;
    if is_parked then return; end if;
    return query
      update ${schema}.inbox i
      set claims = i.claims + 1, next_at = now() + least(i.claims + 1, 15) * interval '2 seconds'
      from (
        select n.seq from ${schema}.inbox n
        where n.publisher = $1 and n.aggregate = $2 and n.seq = done + 1 and n.state = 'waiting'
          and n.next_at <= now()
        for update skip locked
      ) next
      where i.publisher = $1 and i.aggregate = $2 and i.seq = next.seq
      returning i.*;
  end $$;

  -- fail_event(publisher, aggregate, seq, event, error, counts, max attempts): stores an event whose attempt failed, for
  -- another attempt or as a dead letter. With 0 as the maximum it is a dead letter at once.
  create function ${schema}.fail_event(
    text, text, bigint, jsonb, text, boolean, integer, out state text, out attempts integer, out wait_ms integer
  )
  language plpgsql as $$
  declare
    done bigint;
    is_locked boolean;
    kept ${schema}.inbox;
    wait interval;
  begin
    if $3 = 1 then
      insert into ${schema}.inbox_cursors (publisher, aggregate) select $1, $2
      where not exists (
        select from ${schema}.inbox_cursors c where c.publisher = $1 and c.aggregate = $2
      ) and ${hasLock}
      on conflict do nothing;
    end if;
    select c.last into done from ${schema}.inbox_cursors c
    where c.publisher = $1 and c.aggregate = $2 for update skip locked;
    is_locked := found;
    if is_locked and done >= $3 then
      state := 'handled'; attempts := 0; wait_ms := 0;
      return;
    end if;
    insert into ${schema}.inbox as i (publisher, aggregate, seq, event, attempts, error)
    values ($1, $2, $3, $4, $6::integer, $5)
    on conflict (publisher, aggregate, seq) do update
    set attempts = i.attempts + $6::integer, claims = 0, error = $5
    returning i.* into kept;
    -- Without the lock, or when the event is not next, it waits: dropping a dead letter would skip the events before it.
    if is_locked and done = $3 - 1 and $6 and kept.attempts >= $7 then
      update ${schema}.inbox i set state = 'dead'
      where i.publisher = $1 and i.aggregate = $2 and i.seq = $3;
      update ${schema}.inbox_cursors c set parked_at = now() where c.publisher = $1 and c.aggregate = $2;
      state := 'dead'; attempts := kept.attempts; wait_ms := 0;
      return;
    end if;
    wait := case
      when $6 then interval '200 milliseconds' * power(2, least(kept.attempts, 10) - 1)
      else least(interval '30 seconds', greatest(interval '500 milliseconds', (now() - kept.received_at) / 2))
    end * (0.5 + random() / 2);
    update ${schema}.inbox i set next_at = now() + wait
    where i.publisher = $1 and i.aggregate = $2 and i.seq = $3;
    state := 'waiting'; attempts := kept.attempts; wait_ms := extract(epoch from wait) * 1000;
  end $$;
`;
