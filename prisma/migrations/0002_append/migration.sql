-- The moment that entries get as `created_at`; whole milliseconds, so that every reader of it names the same instant.
create function entry_time() returns timestamptz language sql volatile
  return date_trunc('milliseconds', clock_timestamp());

create function unix_ms(at timestamptz) returns bigint language sql immutable
  return (extract(epoch from at) * 1000)::bigint;

-- Stores a batch of application messages; the caller's transaction is its commit. Row `ord` of the answer (from 1) is row `ord` of the
-- arrays, and an attachment p_att[k] belongs to row p_att_ord[k].
--
-- code: 0 stored, 1 duplicate (`seq` and `at` are the original's), 2 conflict (same id, other bytes), 3 not_found (no
-- such conversation, or no leaf of the device in it), 4 stale_epoch, 5 commit_first, 6 attachment_unknown,
-- 7 out_of_line (fresh, behind a refused row of the same device and conversation).
--
-- Guarantees, all under the row locks taken first, in the order of ids (so batches never deadlock):
-- * The order of commits is the order of `seq` within a conversation, and `seq` has no holes.
-- * Duplicates are looked for before anything else is judged, by a statement that begins after the locks are held: its snapshot
--   has every row that an earlier holder of the lock wrote.
-- * A row is judged by the epoch, group and leaves that its number stands for.
--
-- conversation.pending_ver is above 0 while a departed member or a leaf of a revoked device is still in the group.
create function append_batch(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, code smallint, seq bigint, at bigint)
language plpgsql volatile
-- The arrays' contents never change which plan is right, and planning costs more than running.
set plan_cache_mode = force_generic_plan
-- A plan that was made while the log was seen empty would read all of it for every batch; an index is right at any size.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  passing int;
  ids int;
begin
  perform from conversation c where c.id = any (p_conv) order by c.id for no key update;

  if cardinality(p_att) = 0 then
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

-- The usual batch: every row is known to pass, and the locks are held.
create function append_all(p_conv bigint[], p_dev bigint[], p_cid uuid[], p_env bytea[])
returns table (ord int, code smallint, seq bigint, at bigint)
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
    insert into feed (convs, heads) select array_agg(g.id), array_agg(g.last_seq) from grown g
  )
  select n.ord::int, 0::smallint, n.seq, v_ms from numbered n;
end $$;

-- A batch with something to refuse, to recognise or to bind: row by row, in order. The locks are held.
create function append_each(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, code smallint, seq bigint, at bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_at constant timestamptz := entry_time();
  convs bigint[]; heads bigint[]; groups int[]; epochs bigint[]; pendings int[];
  held text[] := '{}';
  line text;
  known record;
  atts uuid[];
  c int;
begin
  select array_agg(v.id), array_agg(v.last_seq), array_agg(v.group_no), array_agg(v.epoch), array_agg(v.pending_ver)
  into convs, heads, groups, epochs, pendings
  from conversation v where v.id = any (p_conv);

  for k in 1 .. cardinality(p_conv) loop
    ord := k; code := 0; seq := null; at := null;
    c := array_position(convs, p_conv[k]);
    line := p_conv[k] || ':' || p_dev[k];
    atts := array(select p_att[a] from generate_subscripts(p_att, 1) a where p_att_ord[a] = k);

    select m.seq, m.created_at, m.envelope = p_env[k] as same into known from message m
    where m.conversation_id = p_conv[k] and m.sender_device = p_dev[k] and m.client_id = p_cid[k];

    if found and known.same then
      code := 1; seq := known.seq; at := unix_ms(known.created_at);
    elsif found then code := 2;
    elsif line = any (held) then code := 7;
    elsif c is null or not exists (
      select from leaf l where l.conversation_id = p_conv[k] and l.device_id = p_dev[k] and l.to_seq is null
    ) then code := 3;
    elsif groups[c] <> p_group[k] or epochs[c] <> p_epoch[k] then code := 4;
    elsif pendings[c] > 0 then code := 5;
    elsif not bind_attachments(atts, p_dev[k], p_conv[k], heads[c] + 1) then code := 6;
    else
      heads[c] := heads[c] + 1;
      seq := heads[c]; at := unix_ms(v_at);
      insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
      values (p_conv[k], seq, p_dev[k], p_cid[k], 0, p_env[k], v_at);
    end if;

    if code > 1 then held := held || line; end if;
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

-- Binds attachments to the one message that names them: all of them or, with `false`, none. Each must be whole, uploaded by this
-- device and not bound yet. Their rows are locked first, so neither another send nor the collector can take one meanwhile.
create function bind_attachments(p_att uuid[], p_dev bigint, p_conv bigint, p_seq bigint) returns boolean
language plpgsql volatile
as $$
declare
  ready int;
begin
  if cardinality(p_att) = 0 then return true; end if;
  select count(*) into ready from (
    select from attachment a
    where a.pub_id = any (p_att) and a.device_id = p_dev and a.complete and a.seq is null
    order by a.id for update
  ) locked;
  if ready < (select count(distinct x) from unnest(p_att) x) then return false; end if;
  update attachment a set conversation_id = p_conv, seq = p_seq where a.pub_id = any (p_att);
  return true;
end $$;
