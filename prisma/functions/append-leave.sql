-- Superseded by append_leave_statement, since migration 0017. Pods of the version before still call
-- it while they are replaced. Drop it in the next release. Returns its outcomes as numbers: 0
-- stored, 1 duplicate, 2 conflict, 3 not_found, 4 stale_epoch, 5 forbidden, 6 direct_fixed, 7
-- last_admin.
create or replace function append_leave(p_conv bigint, p_user bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
returns table (code smallint, seq bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  state record;
  known record;
  self record;
begin
  code := 0;
  perform from conversation c where c.id = p_conv for no key update;
  select c.kind, c.group_no, c.epoch, c.last_seq into state from conversation c where c.id = p_conv;
  select m.seq, m.envelope = p_env as same into known from message m
  where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid;
  if found then
    code := case when known.same then 1 else 2 end;
    seq := case when known.same then known.seq end;
    return next; return;
  end if;

  select m.role, m.departed_seq into self from member m where m.conversation_id = p_conv and m.user_id = p_user;
  if not found then code := 3;
  elsif state.kind = 0 then code := 6;
  elsif self.departed_seq is not null then code := 5;
  elsif (state.group_no, state.epoch) <> (p_group, p_epoch) then code := 4;
  elsif self.role = 1 and exists (
    select from member m where m.conversation_id = p_conv and m.user_id <> p_user and m.departed_seq is null
  ) and not exists (
    select from member m
    where m.conversation_id = p_conv and m.user_id <> p_user and m.departed_seq is null and m.role = 1
  ) then code := 7;
  end if;
  if code <> 0 then return next; return; end if;

  seq := state.last_seq + 1;
  insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
  values (p_conv, seq, p_dev, p_cid, 2, p_env, entry_time());
  update member m set departed_seq = seq where m.conversation_id = p_conv and m.user_id = p_user;
  update conversation c set last_seq = seq, pending_ver = c.pending_ver + 1 where c.id = p_conv;
  insert into feed (convs, heads, users) values (array[p_conv], array[seq], array[p_user]);
  return next;
end $$;
