-- Returns the position up to which all devices that may still receive entries of the conversation
-- have acked. Revoked devices do not count. Returns null if there is no device.
create or replace function acked_by_all(p_conv bigint, p_floor bigint) returns bigint language sql stable
  return (
    select min(greatest(l.from_seq - 1, coalesce(k.acked_seq, 0)))
    from leaf l
    join device d on d.id = l.device_id and d.revoked_at is null
    left join device_cursor k on k.device_id = l.device_id and k.conversation_id = l.conversation_id
    where l.conversation_id = p_conv
      and (l.to_seq is null or (l.to_seq > p_floor and coalesce(k.acked_seq, 0) < l.to_seq))
  );
