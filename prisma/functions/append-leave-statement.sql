-- Stores the leave statement of a member as the next entry. The caller has verified the statement
-- for group p_group at p_epoch. From then on sends get commit_first, until a commit has removed the
-- member.
--
-- Outcomes:
-- * stored
-- * duplicate: the log has the same statement; `seq` is that of the stored one
-- * conflict: the device has used this client id for other bytes
-- * not_found: the user is not a member
-- * stale_epoch: the group or its epoch has changed
-- * forbidden: the user has left already
-- * direct_fixed: members cannot leave a direct conversation
-- * last_admin: other members remain, and none of them is an admin
create or replace function append_leave_statement(
  p_conv bigint, p_user bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea
) returns table (outcome text, seq bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  state record;
  known record;
  self record;
begin
  outcome := 'stored';
  perform from conversation c where c.id = p_conv for no key update;
  select c.kind, c.group_no, c.epoch, c.last_seq into state from conversation c where c.id = p_conv;
  select m.seq, m.envelope = p_env as same into known from message m
  where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid;
  if found then
    outcome := case when known.same then 'duplicate' else 'conflict' end;
    seq := case when known.same then known.seq end;
    return next; return;
  end if;

  select m.role, m.departed_seq into self from member m where m.conversation_id = p_conv and m.user_id = p_user;
  if not found then outcome := 'not_found';
  elsif state.kind = 0 then outcome := 'direct_fixed';
  elsif self.departed_seq is not null then outcome := 'forbidden';
  elsif (state.group_no, state.epoch) <> (p_group, p_epoch) then outcome := 'stale_epoch';
  elsif self.role > 0 and exists (
    select from member m where m.conversation_id = p_conv and m.user_id <> p_user and m.departed_seq is null
  ) and not exists (
    select from member m
    where m.conversation_id = p_conv and m.user_id <> p_user and m.departed_seq is null and m.role > 0
  ) then outcome := 'last_admin';
  end if;
  if outcome <> 'stored' then return next; return; end if;

  seq := state.last_seq + 1;
  insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
  values (p_conv, seq, p_dev, p_cid, 2, p_env, entry_time());
  update member m set departed_seq = seq where m.conversation_id = p_conv and m.user_id = p_user;
  update conversation c set last_seq = seq, pending_ver = c.pending_ver + 1 where c.id = p_conv;
  insert into append_feed (convs, heads, users) values (array[p_conv], array[seq], array[p_user]);
  return next;
end $$;
