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
