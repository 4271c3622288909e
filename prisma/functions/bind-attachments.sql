-- Binds attachments to the message that names them. Returns false, and binds none, unless each is
-- complete, was uploaded by this device and is not bound yet. It locks their rows first, so no
-- other send and no cleaning can take one.
create or replace function bind_attachments(p_att uuid[], p_dev bigint, p_conv bigint, p_seq bigint) returns boolean
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
