-- Stores a batch of application messages; the caller's transaction commits it. Row `ord` of the answer (from 1) is row `ord` of
-- the arrays. Attachment p_att[k] belongs to row p_att_ord[k].
--
-- code: 0 stored, 1 duplicate (`seq` and `at` are the original's), 2 conflict (same id, other bytes), 3 not_found (no such
-- conversation, or no leaf of the device in it), 4 stale_epoch, 5 commit_first, 6 attachment_unknown, 7 out_of_line (fresh,
-- behind a rejected row of the same device and conversation).
--
-- The row locks are taken first, in the order of ids, so batches never deadlock. Under them holds:
-- * The order of commits is the order of `seq` within a conversation, and `seq` has no holes.
-- * Duplicates are looked up before anything else is judged, by a statement that begins after the locks are held: its snapshot
--   has every row that an earlier holder of the lock wrote.
-- * A row is judged by the epoch, group and leaves as of its number.
-- conversation.pending_ver is above 0 while a departed member or a leaf of a revoked device is still in the group.
--
-- A batch of one message has a statement of its own: at low rates nearly every batch is one, and its cost is then the start of
-- its statements. With known values the plan leaves out seven of the log's eight partitions; a join opens them all.
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
