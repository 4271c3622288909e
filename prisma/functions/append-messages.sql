-- Stores a batch of application messages. The transaction of the caller commits it. Row `ord` of
-- the answer (from 1) tells the outcome of row `ord` of the arrays. Attachment p_att[k] belongs to
-- row p_att_ord[k].
--
-- Outcomes:
-- * stored
-- * duplicate: the log has the same message; `seq` and `at` are those of the stored one
-- * conflict: the device has used this client id for other bytes
-- * not_found: the conversation does not exist, or the device has no leaf in it
-- * stale_epoch: the group or its epoch has changed
-- * commit_first: a commit must first remove a departed member or a revoked device
-- * forbidden: only admins write in this group
-- * attachment_unknown: an attachment is incomplete, of another device, or bound to another message
-- * out_of_line: a row before it of the same device and conversation was rejected
--
-- The function locks the rows of the conversations first, in the order of their ids, so batches
-- never deadlock. Under the locks:
-- * Within a conversation, transactions commit in the order of `seq`, and `seq` has no holes.
-- * The check for duplicates comes first. Its statement begins after the locks are held, so its
--   snapshot has every row that an earlier holder of a lock wrote.
-- * Each row is checked against the group, epoch and leaves that hold when it gets its number.
--
-- conversation.pending_ver is above 0 while a departed member or a leaf of a revoked device is
-- still in the group.
--
-- A batch of one message has its own statement. At low rates nearly every batch is one message, and
-- its cost is the start of its statements. With known values the plan skips seven of the eight
-- partitions of the log; a join opens all of them.
create or replace function append_messages(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, outcome text, seq bigint, at bigint)
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
    return query select * from append_single_message(p_conv[1], p_dev[1], p_cid[1], p_group[1], p_epoch[1], p_env[1]);
    if found then return; end if;
  elsif cardinality(p_att) = 0 then
    select count(*), count(distinct i.cid) into passing, ids
    from unnest(p_conv, p_dev, p_cid, p_group, p_epoch) i (conv, dev, cid, group_no, epoch)
    join conversation c on c.id = i.conv
    join leaf l on l.conversation_id = i.conv and l.device_id = i.dev and l.to_seq is null
    where c.group_no = i.group_no and c.epoch = i.epoch and c.pending_ver = 0
      and (not c.admins_write or may_write(i.conv, i.dev)) and not exists (
      select from message m where m.conversation_id = i.conv and m.sender_device = i.dev and m.client_id = i.cid
    );
    if passing = cardinality(p_conv) and ids = passing then
      return query select * from append_passing_batch(p_conv, p_dev, p_cid, p_env);
      return;
    end if;
  end if;

  return query select * from append_row_by_row(p_conv, p_dev, p_cid, p_group, p_epoch, p_env, p_att_ord, p_att);
end $$;
