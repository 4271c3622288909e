-- Returns the conversations that a device may receive with its position in each, and its
-- invitations (see `EntryLog.memberships`). As a function, it is planned once for each connection
-- to the database. The plan costs ten times as much as the query, because of the joins of the
-- partitioned log. Each device asks twice when it connects.
create or replace function device_memberships(p_user bigint, p_device bigint)
returns table (positions json, invitations jsonb)
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  select to_json(array(
    select json_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', c.group_no,
      'fromSeq', l.from_seq, 'toSeq', l.to_seq, 'lastSeq', c.last_seq, 'floorSeq', c.floor_seq,
      'gaps', to_json(array(
        select json_build_object('from', g.from_seq, 'to', g.to_seq) from restore_gap g
        where g.conversation_id = c.id order by g.from_seq)),
      'cursor', coalesce(p.acked_seq, 0))
    from leaf l
    join conversation c on c.id = l.conversation_id
    left join device_cursor p on p.device_id = l.device_id and p.conversation_id = l.conversation_id
    where l.device_id = p_device and (l.to_seq is null or l.to_seq > coalesce(p.acked_seq, 0))
    order by c.id, l.from_seq)),
  to_jsonb(array(
    select jsonb_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', c.group_no,
      'seq', coalesce(l.from_seq, c.last_seq), 'welcomed', l.device_id is not null)
    from member m
    join conversation c on c.id = m.conversation_id
    left join leaf l on l.conversation_id = c.id and l.device_id = p_device and l.to_seq is null
    left join device_cursor p on p.conversation_id = c.id and p.device_id = p_device
    left join message a on a.conversation_id = c.id and a.seq = l.from_seq
    where m.user_id = p_user and m.departed_seq is null and c.group_no > 0 and (
      l.device_id is null
      or (coalesce(p.acked_seq, 0) < l.from_seq and a.sender_device is distinct from p_device))
    order by c.id)) || to_jsonb(array(
    select distinct on (c.id) jsonb_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', l.group_no,
      'seq', l.from_seq, 'welcomed', true)
    from leaf l
    join conversation c on c.id = l.conversation_id
    join welcome w on w.conversation_id = c.id and w.seq = l.from_seq
    left join device_cursor p on p.conversation_id = c.id and p.device_id = p_device
    left join message a on a.conversation_id = c.id and a.seq = l.from_seq
    where l.device_id = p_device and l.to_seq is not null and coalesce(p.acked_seq, 0) < l.from_seq
      and a.sender_device is distinct from p_device
      and not exists (select from member m where m.conversation_id = c.id and m.user_id = p_user and m.departed_seq is null)
    order by c.id, l.from_seq))
  into positions, invitations;
  return next;
end
$$;
