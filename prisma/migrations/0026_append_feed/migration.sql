-- The feed table is called append_feed, since "feed" also means what flows to a device. Pods of the
-- version before read and write it through a view with the former name.
--
-- The six functions with numbers as outcomes are dropped: pods of the version before call those that
-- migration 0017 made.
alter table feed rename to append_feed;
alter sequence feed_id_seq rename to append_feed_id_seq;
alter index feed_pkey rename to append_feed_pkey;
alter index feed_at_idx rename to append_feed_at_idx;
alter index feed_xid_idx rename to append_feed_xid_idx;
create view feed as select * from append_feed;

drop function append_batch, append_one, append_all, append_each, accept_commit, append_leave;

-- Stores one message if it passes all checks. Returns no row if the message is rejected or a
-- duplicate. The caller holds the lock of the conversation.
create or replace function append_single_message(p_conv bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
returns table (ord int, outcome text, seq bigint, at bigint)
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
      and (not c.admins_write or may_write(p_conv, p_dev))
      and exists (select from leaf l where l.conversation_id = p_conv and l.device_id = p_dev and l.to_seq is null)
      and not exists (
        select from message m where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid
      )
    returning c.last_seq
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select p_conv, g.last_seq, p_dev, p_cid, 0, p_env, v_at from grown g
  ), fed as (
    insert into append_feed (convs, heads) select array[p_conv], array[g.last_seq] from grown g
  )
  select 1, 'stored', g.last_seq, unix_ms(v_at) from grown g;
end $$;

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

-- Stores a batch row by row, in order. It serves every batch that may have rejected rows,
-- duplicates or attachments. The caller holds the locks. Outcomes: see append_messages.
create or replace function append_row_by_row(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, outcome text, seq bigint, at bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_at constant timestamptz := entry_time();
  convs bigint[]; heads bigint[]; groups int[]; epochs bigint[]; pendings int[]; closed boolean[];
  rejected text[] := '{}';
  sender text;
  known record;
  atts uuid[];
  c int;
begin
  select array_agg(v.id), array_agg(v.last_seq), array_agg(v.group_no), array_agg(v.epoch), array_agg(v.pending_ver),
    array_agg(v.admins_write)
  into convs, heads, groups, epochs, pendings, closed
  from conversation v where v.id = any (p_conv);

  for k in 1 .. cardinality(p_conv) loop
    ord := k; outcome := 'stored'; seq := null; at := null;
    c := array_position(convs, p_conv[k]);
    sender := p_conv[k] || ':' || p_dev[k];
    atts := array(select p_att[a] from generate_subscripts(p_att, 1) a where p_att_ord[a] = k);

    select m.seq, m.created_at, m.envelope = p_env[k] as same into known from message m
    where m.conversation_id = p_conv[k] and m.sender_device = p_dev[k] and m.client_id = p_cid[k];

    if found and known.same then
      outcome := 'duplicate'; seq := known.seq; at := unix_ms(known.created_at);
    elsif found then outcome := 'conflict';
    elsif sender = any (rejected) then outcome := 'out_of_line';
    elsif c is null or not exists (
      select from leaf l where l.conversation_id = p_conv[k] and l.device_id = p_dev[k] and l.to_seq is null
    ) then outcome := 'not_found';
    elsif groups[c] <> p_group[k] or epochs[c] <> p_epoch[k] then outcome := 'stale_epoch';
    elsif pendings[c] > 0 then outcome := 'commit_first';
    elsif closed[c] and not may_write(p_conv[k], p_dev[k]) then outcome := 'forbidden';
    elsif not bind_attachments(atts, p_dev[k], p_conv[k], heads[c] + 1) then outcome := 'attachment_unknown';
    else
      heads[c] := heads[c] + 1;
      seq := heads[c]; at := unix_ms(v_at);
      insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
      values (p_conv[k], seq, p_dev[k], p_cid[k], 0, p_env[k], v_at);
    end if;

    if outcome not in ('stored', 'duplicate') then rejected := rejected || sender; end if;
    return next;
  end loop;

  with grown as (
    update conversation v set last_seq = h.head from unnest(convs, heads) h (conv, head)
    where v.id = h.conv and v.last_seq < h.head
    returning v.id, v.last_seq
  )
  insert into append_feed (convs, heads)
  select array_agg(g.id), array_agg(g.last_seq) from grown g having count(*) > 0;
end $$;

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
-- p_admins_write says whether only admins may write from the next entry on. Null leaves it as it is.
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

-- Stores the leave statement of a member as the next entry. The caller has verified the statement
-- for group p_group at p_epoch. From then on sends get commit_first, until a commit has removed the
-- member.
--
-- Outcomes:
-- * stored
-- * duplicate: the log has the same statement; `seq` is that of the stored one
-- * conflict: the device has used this client id for other bytes
-- * not_found: the user is no member
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

-- Revokes a device of the user by a verified statement. It deletes the session and key packages of
-- the device and appends the statement to every conversation where the device has a leaf. Sends
-- there get commit_first until a commit has removed the leaf. One call handles at most `p_most`
-- conversations, so no transaction holds too many.
--
-- Returns how many conversations got the statement. Fewer than `p_most` means that none is left.
-- Returns null if the user has no such device. A device that was revoked before keeps its first
-- statement, and no conversation gets it twice.
--
-- It locks the device before the conversations, and those in the order of their ids, as
-- append_commit and append_messages do. A commit that adds the device either ends before this
-- function has the lock, or finds the device revoked.
--
-- Runs with the rights of the owner, because auth has no rights to conversations.
create or replace function revoke_device(p_user uuid, p_dev uuid, p_by uuid, p_statement bytea, p_most int) returns int
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  own record;
  convs bigint[];
  told int;
begin
  select d.id, d.user_id, d.revoked_at is not null as is_revoked into own
  from device d join "user" u on u.id = d.user_id
  where d.pub_id = p_dev and u.pub_id = p_user
  for no key update of d;
  if not found then return null; end if;
  if not own.is_revoked then
    update device d set revoked_at = now(), revocation = p_statement where d.id = own.id;
    update refresh_token t set revoked_at = now() where t.device_id = own.id and t.revoked_at is null;
    delete from key_package k where k.device_id = own.id;
    -- Also where the device is in no conversation: pods close its sockets.
    insert into append_feed (convs, heads, users) values ('{}', '{}', array[own.user_id]);
  end if;

  select array_agg(u.conv) into convs from (select conv from untold_revocations(own.id) order by conv limit p_most) u;
  perform from conversation c where c.id = any (convs) order by c.id for no key update;
  with grown as (
    update conversation c set last_seq = c.last_seq + 1, pending_ver = c.pending_ver + 1
    from untold_revocations(own.id) u
    where c.id = u.conv and c.id = any (convs)
    returning c.id, c.last_seq
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select g.id, g.last_seq, b.id, new_entry_id(), 3, d.revocation, entry_time()
    from grown g, device d, device b
    where d.id = own.id and b.pub_id = p_by
  ), fed as (
    insert into append_feed (convs, heads, users)
    select array_agg(g.id), array_agg(g.last_seq), array[own.user_id] from grown g having count(*) > 0
  )
  select count(*) into told from grown;
  return told;
end $$;

-- Ends an account. It deletes the password, vault, account state, own records, sessions and key
-- packages, and clears the names of the devices. Every pod finds the row in the feed and closes the user's
-- sockets. Returns false if there is no such account.
--
-- Runs with the rights of the owner, so an operator can delete an account but cannot set a
-- password.
create or replace function delete_account(p_name text) returns boolean
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  account bigint;
begin
  update "user" u set deleted_at = now(), disabled_at = coalesce(u.disabled_at, now()), password_hash = '', kdf = null
  where u.username = p_name and u.deleted_at is null
  returning u.id into account;
  if account is null then return false; end if;
  delete from vault v where v.user_id = account;
  delete from account_state s where s.user_id = account;
  delete from own_record r where r.user_id = account;
  delete from own_record_head h where h.user_id = account;
  delete from refresh_token t where t.device_id in (select d.id from device d where d.user_id = account);
  delete from key_package k where k.device_id in (select d.id from device d where d.user_id = account);
  update device d set name = '', kind = null, label = null where d.user_id = account;
  insert into append_feed (convs, heads, users) values ('{}', '{}', array[account]);
  return true;
end $$;
