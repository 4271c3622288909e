-- Stores a verified commit as the next entry, with the leaves, roster, welcome and group info that
-- follow from it: all or nothing. The caller verified the commit against the state (p_group,
-- p_epoch, p_pending_ver), and the function checks that it still holds. Removed leaves receive this
-- entry and no later one. Added leaves receive this entry and all later ones. The first commit of a
-- group (p_next_group above p_group) ends all leaves of the group before.
--
-- Outcomes:
-- * stored
-- * duplicate: the log has the same commit; `seq` is that of the stored one
-- * conflict: the device has used this client id for other bytes
-- * not_found: the conversation does not exist
-- * state_changed: verify the commit against the new state, or give up
-- * device_revoked: an added device was revoked after the caller verified the commit
--
-- p_prior_context and p_prior_tag are the state of the group before the commit. A device that joins
-- by the welcome verifies the commit with them. A welcome is kept until the devices that it lets in
-- have acked its commit, even if they are removed by then.
--
-- p_admins_write says whether only admins may write from the next entry on. Null changes nothing.
--
-- Every 32nd group info is kept for devices that come back late. This function does it instead of a
-- trigger, because it knows the position of the commit.
create or replace function append_group_commit(
  p_conv bigint, p_dev bigint, p_cid uuid,
  p_group int, p_epoch bigint, p_pending_ver int,
  p_next_group int, p_next_epoch bigint,
  p_env bytea, p_welcome bytea, p_group_info bytea,
  p_removed int[], p_added_dev bigint[], p_added_leaf int[],
  p_users bigint[], p_roles smallint[],
  p_external_pub bytea, p_context_hash bytea, p_prior_context bytea, p_prior_tag bytea,
  p_admins_write boolean
) returns table (outcome text, seq bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  state record;
  known record;
  touched bigint[];
begin
  outcome := 'stored';
  -- Lock the devices before the conversation, as revoke_device does. A revocation waits for this
  -- commit and then finds the leaf.
  perform from device d where d.id = any (p_added_dev) and d.revoked_at is null order by d.id for share;
  if (select count(*) from device d where d.id = any (p_added_dev) and d.revoked_at is null) < cardinality(p_added_dev) then
    outcome := 'device_revoked';
  end if;

  perform from conversation c where c.id = p_conv for no key update;
  select c.group_no, c.epoch, c.pending_ver, c.last_seq into state from conversation c where c.id = p_conv;
  if not found then outcome := 'not_found'; return next; return; end if;

  select m.seq, m.envelope = p_env as same into known from message m
  where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid;
  if found then
    outcome := case when known.same then 'duplicate' else 'conflict' end;
    seq := case when known.same then known.seq end;
    return next; return;
  end if;
  if (state.group_no, state.epoch, state.pending_ver) <> (p_group, p_epoch, p_pending_ver) then outcome := 'state_changed'; end if;
  if outcome <> 'stored' then return next; return; end if;

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
  if p_next_epoch % 32 = 1 then
    insert into group_info_past (conversation_id, group_no, epoch, seq, body)
    values (p_conv, p_next_group, p_next_epoch, seq, p_group_info);
  end if;

  update conversation c set last_seq = seq, group_no = p_next_group, epoch = p_next_epoch,
    pending_ver = case when has_pending(p_conv) then c.pending_ver else 0 end,
    admins_write = coalesce(p_admins_write, c.admins_write)
  where c.id = p_conv;
  insert into append_feed (convs, heads, users) values (array[p_conv], array[seq], coalesce(touched, '{}'));
  return next;
end $$;
