-- Groups have an owner (role 2), and may say that only admins write. The rule is a column of the
-- conversation, because each send reads that row already.

alter table conversation add column admins_write boolean not null default false;

-- Says whether a device may send in a group where only admins write. The roles are 0 member, 1 admin
-- and 2 owner. When no admin has an account, everybody may send: members vote for a new admin by
-- messages, and clients show nothing else.
create or replace function may_write(p_conv bigint, p_dev bigint) returns boolean
language sql stable
as $$
  select exists (
    select from device d join member m on m.user_id = d.user_id
    where d.id = p_dev and m.conversation_id = p_conv and m.role > 0
  ) or not exists (
    select from member m join "user" u on u.id = m.user_id
    where m.conversation_id = p_conv and m.role > 0 and u.deleted_at is null
  )
$$;

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
    insert into feed (convs, heads) select array[p_conv], array[g.last_seq] from grown g
  )
  select 1, 'stored', g.last_seq, unix_ms(v_at) from grown g;
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
  insert into feed (convs, heads)
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
  insert into feed (convs, heads, users) values (array[p_conv], array[seq], coalesce(touched, '{}'));
  return next;
end $$;

-- Calls append_group_commit without a change of who may write. Pods of the version before migration
-- 0022 call it while they are replaced; they accept no commit of a group with such a rule. The next
-- release drops it.
create or replace function append_commit(
  p_conv bigint, p_dev bigint, p_cid uuid,
  p_group int, p_epoch bigint, p_pending_ver int,
  p_next_group int, p_next_epoch bigint,
  p_env bytea, p_welcome bytea, p_group_info bytea,
  p_removed int[], p_added_dev bigint[], p_added_leaf int[],
  p_users bigint[], p_roles smallint[],
  p_external_pub bytea, p_context_hash bytea, p_prior_context bytea, p_prior_tag bytea
) returns table (outcome text, seq bigint)
language sql volatile
as $$
  select a.outcome, a.seq
  from append_group_commit(
    p_conv, p_dev, p_cid, p_group, p_epoch, p_pending_ver, p_next_group, p_next_epoch, p_env,
    p_welcome, p_group_info, p_removed, p_added_dev, p_added_leaf, p_users, p_roles,
    p_external_pub, p_context_hash, p_prior_context, p_prior_tag, null
  ) a
$$;

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
  insert into feed (convs, heads, users) values (array[p_conv], array[seq], array[p_user]);
  return next;
end $$;
