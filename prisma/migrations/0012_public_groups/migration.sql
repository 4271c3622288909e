-- Commits say which state of the group they begin: the external key that their group info offers, and the hash of its GroupContext.
-- Commits of the version before have none.
alter table message add column external_pub bytea, add column context_hash bytea;

-- A welcome comes with the state of the group before its commit, so that a joiner can judge the commit that let it in. Those of the
-- version before are dropped: their devices join from outside.
delete from welcome;
alter table welcome add column prior_context bytea not null, add column prior_tag bytea not null;

-- Else as in 0007.
drop function accept_commit;
create function accept_commit(
  p_conv bigint, p_dev bigint, p_cid uuid,
  p_group int, p_epoch bigint, p_pending_ver int,
  p_next_group int, p_next_epoch bigint,
  p_env bytea, p_welcome bytea, p_group_info bytea,
  p_removed int[], p_added_dev bigint[], p_added_leaf int[],
  p_users bigint[], p_roles smallint[],
  p_external_pub bytea, p_context_hash bytea, p_prior_context bytea, p_prior_tag bytea
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
  insert into message (
    conversation_id, seq, sender_device, client_id, kind, envelope, created_at, external_pub, context_hash
  ) values (p_conv, seq, p_dev, p_cid, 1, p_env, entry_time(), p_external_pub, p_context_hash);

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
    insert into welcome (conversation_id, seq, body, prior_context, prior_tag)
    values (p_conv, seq, p_welcome, p_prior_context, p_prior_tag);
  end if;
  delete from welcome w where w.conversation_id = p_conv and not exists (
    select from leaf l
    left join device_cursor p on p.device_id = l.device_id and p.conversation_id = p_conv
    where l.conversation_id = p_conv and l.from_seq = w.seq
      and (l.to_seq is null or coalesce(p.acked_seq, 0) < l.from_seq)
  );
  insert into group_info (conversation_id, group_no, epoch, body) values (p_conv, p_next_group, p_next_epoch, p_group_info)
  on conflict (conversation_id) do update set group_no = excluded.group_no, epoch = excluded.epoch, body = excluded.body;

  update conversation c set last_seq = seq, group_no = p_next_group, epoch = p_next_epoch,
    pending_ver = case when has_pending(p_conv) then c.pending_ver else 0 end
  where c.id = p_conv;
  insert into feed (convs, heads, users) values (array[p_conv], array[seq], coalesce(touched, '{}'));
  return next;
end $$;

-- Handshakes outlive messages: whoever comes back late follows the group from the last state that they know to be lawful. Else as in
-- 0004.
create or replace function retire_entries(p_after bigint, p_keep interval, p_acked interval, p_look int, p_delete int)
returns table (up_to bigint, retired bigint)
language plpgsql volatile
as $$
declare
  c record;
  v_acked bigint;
  v_floor bigint;
begin
  retired := 0;
  for c in
    select id, floor_seq, last_seq from conversation where id > p_after order by id limit p_look
  loop
    up_to := c.id;
    continue when c.last_seq = c.floor_seq;
    -- One look at the oldest entry settles it for nearly all.
    continue when (
      select m.created_at >= now() - p_acked from message m
      where m.conversation_id = c.id and m.seq > c.floor_seq order by m.seq limit 1
    );
    v_acked := coalesce(acked_by_all(c.id, c.floor_seq), c.last_seq);
    select coalesce(min(m.seq) filter (where not m.is_over) - 1, max(m.seq)) into v_floor
    from (
      select seq, created_at < now() - p_keep or (created_at < now() - p_acked and seq <= v_acked) as is_over
      from message where conversation_id = c.id and seq > c.floor_seq order by seq limit p_delete
    ) m;
    continue when v_floor is null or v_floor <= c.floor_seq;
    perform 1 from conversation where id = c.id for no key update skip locked;
    continue when not found;
    update conversation set floor_seq = v_floor where id = c.id and floor_seq < v_floor;
    delete from message where conversation_id = c.id and seq <= v_floor and kind = 0;
    delete from attachment where conversation_id = c.id and seq <= v_floor;
    delete from welcome where conversation_id = c.id and seq <= v_floor;
    retired := retired + v_floor - c.floor_seq;
    if retired >= p_delete then
      up_to := c.id - 1; -- it may have more
      return next;
      return;
    end if;
  end loop;
  -- The end was reached when not even the last one looked at has a successor.
  if not exists (select from conversation where id > up_to) then up_to := null; end if;
  return next;
end;
$$;

create index message_handshake on message (conversation_id, seq) where kind <> 0;

-- A leave statement is about one epoch, so that it can't be used again after its author has come back. Else as in 0003.
drop function append_leave;
-- Stores a member's leave statement, already verified, about group p_group at p_epoch. From here on sends are answered commit_first.
--
-- code: 0 stored, 1 duplicate, 2 conflict, 3 not_found (no member), 4 stale_epoch (another group or epoch by now), 5 forbidden (has left
-- already), 6 direct_fixed, 7 last_admin (others remain, and none of them is an admin).
create function append_leave(p_conv bigint, p_user bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
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
