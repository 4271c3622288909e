-- Stores a complete upload under the id that its device chose. It replaces an earlier upload under
-- this id. Returns false if the id belongs to another device or is bound to a message already.
create or replace function finish_attachment(p_upload bigint, p_dev bigint, p_id uuid, p_size int) returns boolean
language plpgsql volatile
as $$
begin
  delete from attachment a where a.pub_id = p_id and a.device_id = p_dev and a.seq is null;
  update attachment a set pub_id = p_id, size = p_size, complete = true where a.id = p_upload;
  return found;
exception when unique_violation then
  return false;
end $$;
