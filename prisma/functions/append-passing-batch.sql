-- Stores a batch in which every message has passed the checks of append_messages. The caller holds
-- the locks.
create or replace function append_passing_batch(p_conv bigint[], p_dev bigint[], p_cid uuid[], p_env bytea[])
returns table (ord int, outcome text, seq bigint, at bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_at constant timestamptz := entry_time();
  v_ms constant bigint := unix_ms(v_at);
begin
  return query
  with numbered as materialized (
    select i.ord, i.conv, i.dev, i.cid, i.env, c.last_seq + row_number() over (partition by i.conv order by i.ord) as seq
    from unnest(p_conv, p_dev, p_cid, p_env) with ordinality i (conv, dev, cid, env, ord)
    join conversation c on c.id = i.conv
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select n.conv, n.seq, n.dev, n.cid, 0, n.env, v_at from numbered n
  ), grown as (
    update conversation c set last_seq = h.head
    from (select n.conv, max(n.seq) as head from numbered n group by n.conv) h
    where c.id = h.conv
    returning c.id, c.last_seq
  ), fed as (
    insert into append_feed (convs, heads) select array_agg(g.id), array_agg(g.last_seq) from grown g
  )
  select n.ord::int, 'stored', n.seq, v_ms from numbered n;
end $$;
