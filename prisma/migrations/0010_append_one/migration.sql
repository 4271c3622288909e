-- As in 0002, and a batch of one message has a statement of its own: at low rates nearly every batch is one, and what a call costs then is the
-- start of its statements. Known values let it leave out seven of the log's eight partitions, where a join has to open them all.
create or replace function append_batch(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, code smallint, seq bigint, at bigint)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  passing int;
  ids int;
begin
  perform from conversation c where c.id = any (p_conv) order by c.id for no key update;

  if cardinality(p_att) = 0 and cardinality(p_conv) = 1 then
    return query select * from append_one(p_conv[1], p_dev[1], p_cid[1], p_group[1], p_epoch[1], p_env[1]);
    if found then return; end if;
  elsif cardinality(p_att) = 0 then
    select count(*), count(distinct i.cid) into passing, ids
    from unnest(p_conv, p_dev, p_cid, p_group, p_epoch) i (conv, dev, cid, group_no, epoch)
    join conversation c on c.id = i.conv
    join leaf l on l.conversation_id = i.conv and l.device_id = i.dev and l.to_seq is null
    where c.group_no = i.group_no and c.epoch = i.epoch and c.pending_ver = 0 and not exists (
      select from message m where m.conversation_id = i.conv and m.sender_device = i.dev and m.client_id = i.cid
    );
    if passing = cardinality(p_conv) and ids = passing then
      return query select * from append_all(p_conv, p_dev, p_cid, p_env);
      return;
    end if;
  end if;

  return query select * from append_each(p_conv, p_dev, p_cid, p_group, p_epoch, p_env, p_att_ord, p_att);
end $$;

-- Stores one message that passes; no row if it does not, or is known already. The lock of its conversation is held.
create function append_one(p_conv bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
returns table (ord int, code smallint, seq bigint, at bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_at constant timestamptz := entry_time();
begin
  return query
  with grown as (
    update conversation c set last_seq = c.last_seq + 1
    where c.id = p_conv and c.group_no = p_group and c.epoch = p_epoch and c.pending_ver = 0
      and exists (select from leaf l where l.conversation_id = p_conv and l.device_id = p_dev and l.to_seq is null)
      and not exists (
        select from message m where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid
      )
    returning c.last_seq
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select p_conv, g.last_seq, p_dev, p_cid, 0, p_env, v_at from grown g
  ), fed as (
    insert into feed (convs, heads) select array[p_conv], array[g.last_seq] from grown g
  )
  select 1, 0::smallint, g.last_seq, unix_ms(v_at) from grown g;
end $$;
