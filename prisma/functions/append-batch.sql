-- Superseded by append_messages, since migration 0017. Pods of the version before still call it
-- while they are replaced. Drop it in the next release. Returns its outcomes as numbers: 0 stored,
-- 1 duplicate, 2 conflict, 3 not_found, 4 stale_epoch, 5 commit_first, 6 attachment_unknown, 7
-- out_of_line.
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
