-- Returns the conversations where a revoked device has a leaf but the log does not have its
-- revocation yet.
create or replace function untold_revocations(p_dev bigint) returns table (conv bigint)
language sql stable
as $$
  select l.conversation_id from leaf l join device d on d.id = l.device_id
  where l.device_id = p_dev and l.to_seq is null and d.revocation is not null and not exists (
    select from message m
    where m.conversation_id = l.conversation_id and m.seq > l.from_seq and m.kind = 3 and m.envelope = d.revocation
  )
$$;
