-- Accepts a commit that was judged by the state (p_group, p_epoch, p_pending_ver), if that is still the state: the message, the
-- leaves, the roster, welcome and group info, all or nothing. Removed leaves receive this entry and nothing after; added ones
-- receive from it on. The first commit of a group (p_next_group above p_group) ends all leaves of the group before.
--
-- code: 0 accepted, 1 duplicate (`seq` is the original's), 2 conflict (same id, other bytes), 3 not_found, 4 stale_epoch (the state
-- has moved on; judge again or give up), 5 an added device was revoked meanwhile.
create function accept_commit(
  p_conv bigint, p_dev bigint, p_cid uuid,
  p_group int, p_epoch bigint, p_pending_ver int,
  p_next_group int, p_next_epoch bigint,
  p_env bytea, p_welcome bytea, p_group_info bytea,
  p_removed int[], p_added_dev bigint[], p_added_leaf int[],
  p_users bigint[], p_roles smallint[]
) returns table (code smallint, seq bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  state record;
  known record;
  touched bigint[];
begin
  code := 0;
  -- Devices before the conversation, as in revoke_device. Held to the commit: a revocation waits and then finds the leaf.
  perform from device d where d.id = any (p_added_dev) and d.revoked_at is null order by d.id for share;
  if (select count(*) from device d where d.id = any (p_added_dev) and d.revoked_at is null) < cardinality(p_added_dev) then
    code := 5;
  end if;

  perform from conversation c where c.id = p_conv for no key update;
  select c.group_no, c.epoch, c.pending_ver, c.last_seq into state from conversation c where c.id = p_conv;
  if not found then code := 3; return next; return; end if;

  select m.seq, m.envelope = p_env as same into known from message m
  where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid;
  if found then
    code := case when known.same then 1 else 2 end;
    seq := case when known.same then known.seq end;
    return next; return;
  end if;
  if (state.group_no, state.epoch, state.pending_ver) <> (p_group, p_epoch, p_pending_ver) then code := 4; end if;
  if code <> 0 then return next; return; end if;

  seq := state.last_seq + 1;
  insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
  values (p_conv, seq, p_dev, p_cid, 1, p_env, entry_time());

  with ended as (
    update leaf l set to_seq = seq
    where l.conversation_id = p_conv and l.to_seq is null
      and (p_next_group > p_group or l.leaf_index = any (p_removed))
    returning l.device_id
  )
  select array_agg(distinct d.user_id) into touched from device d
  where d.id = any (p_added_dev) or d.id in (select device_id from ended);
  insert into leaf (conversation_id, device_id, group_no, leaf_index, from_seq)
  select p_conv, x.dev, p_next_group, x.leaf, seq from unnest(p_added_dev, p_added_leaf) x (dev, leaf);

  with gone as (
    delete from member m where m.conversation_id = p_conv and m.user_id <> all (p_users) returning m.user_id
  ), come as (
    select x.u as user_id from unnest(p_users) x (u)
    where not exists (select from member m where m.conversation_id = p_conv and m.user_id = x.u)
  )
  select touched || array(select user_id from gone union select user_id from come) into touched;
  insert into member (conversation_id, user_id, role)
  select p_conv, x.u, x.r from unnest(p_users, p_roles) x (u, r)
  on conflict (conversation_id, user_id) do update set role = excluded.role where member.role <> excluded.role;

  if p_welcome is not null then
    insert into welcome (conversation_id, seq, body) values (p_conv, seq, p_welcome);
  end if;
  delete from welcome w where w.conversation_id = p_conv and not exists (
    select from leaf l where l.conversation_id = p_conv and l.from_seq = w.seq and l.to_seq is null
  );
  insert into group_info (conversation_id, group_no, epoch, body) values (p_conv, p_next_group, p_next_epoch, p_group_info)
  on conflict (conversation_id) do update set group_no = excluded.group_no, epoch = excluded.epoch, body = excluded.body;

  update conversation c set last_seq = seq, group_no = p_next_group, epoch = p_next_epoch,
    pending_ver = case when has_pending(p_conv) then c.pending_ver else 0 end
  where c.id = p_conv;
  insert into feed (convs, heads, users) values (array[p_conv], array[seq], coalesce(touched, '{}'));
  return next;
end $$;

-- Whether the next commit must remove somebody: a departed member, or a leaf of a revoked device.
create function has_pending(p_conv bigint) returns boolean
language sql stable
return exists (select from member m where m.conversation_id = p_conv and m.departed_seq is not null)
  or exists (
    select from leaf l join device d on d.id = l.device_id
    where l.conversation_id = p_conv and l.to_seq is null and d.revoked_at is not null
  );

-- Stores a member's leave statement, already verified, for group p_group. From here on sends are answered commit_first.
--
-- code: 0 stored, 1 duplicate, 2 conflict, 3 not_found (no member), 4 stale_epoch (another group by now), 5 forbidden (has left
-- already), 6 direct_fixed, 7 last_admin (others remain, and none of them is an admin).
create function append_leave(p_conv bigint, p_user bigint, p_dev bigint, p_cid uuid, p_group int, p_env bytea)
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
  select c.kind, c.group_no, c.last_seq into state from conversation c where c.id = p_conv;
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
  elsif state.group_no <> p_group then code := 4;
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

-- Revokes a device. Wherever it has a leaf, sends are answered commit_first until a commit has removed that leaf. `false`: there
-- is no such device, or it was revoked before.
create function revoke_device(p_dev bigint) returns boolean
language plpgsql volatile
as $$
begin
  update device d set revoked_at = now() where d.id = p_dev and d.revoked_at is null;
  if not found then return false; end if;
  perform from conversation c
  where c.id in (select l.conversation_id from leaf l where l.device_id = p_dev and l.to_seq is null)
  order by c.id for no key update;
  update conversation c set pending_ver = c.pending_ver + 1
  where c.id in (select l.conversation_id from leaf l where l.device_id = p_dev and l.to_seq is null);
  return true;
end $$;

-- Puts a finished upload under the id that its device chose, in place of what the device had put there before. `false`: the id is
-- another's, or what it names is bound to a message already.
create function finish_attachment(p_upload bigint, p_dev bigint, p_id uuid, p_size int) returns boolean
language plpgsql volatile
as $$
begin
  delete from attachment a where a.pub_id = p_id and a.device_id = p_dev and a.seq is null;
  update attachment a set pub_id = p_id, size = p_size, complete = true where a.id = p_upload;
  return found;
exception when unique_violation then
  return false;
end $$;

-- What a device has uploaded and not sent yet is counted before each upload.
create index attachment_unbound_device on attachment (device_id) where seq is null;
