-- Returns true if the next commit must remove a departed member or a leaf of a revoked device.
create or replace function has_pending(p_conv bigint) returns boolean
language sql stable
return exists (select from member m where m.conversation_id = p_conv and m.departed_seq is not null)
  or exists (
    select from leaf l join device d on d.id = l.device_id
    where l.conversation_id = p_conv and l.to_seq is null and d.revoked_at is not null
  );
