-- Superseded by append_row_by_row. A call of append_batch that began before migration 0017 may
-- still use it. The next release drops it.
create or replace function append_each(
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
