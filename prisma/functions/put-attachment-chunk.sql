-- Stores one step of an upload in parts. `p_offset` is a multiple of 256 KiB. Returns the number of
-- bytes that are stored from the first on; -1 if the bytes at this place are others, or the upload
-- is of another kind; -2 if an earlier step is missing. It locks the upload, so of two requests one
-- waits.
create or replace function put_attachment_chunk(p_att bigint, p_offset int, p_body bytea) returns int
language plpgsql volatile
as $$
declare
  upload record;
  place constant int := p_offset / 262144;
begin
  select a.size, a.received into upload from attachment a where a.id = p_att for update;
  if upload.received is null or p_offset + length(p_body) > upload.size then return -1; end if;
  if p_offset > upload.received then return -2; end if;
  if p_offset < upload.received then
    perform from attachment_chunk c where c.attachment_id = p_att and c.n = place and c.body = p_body;
    return case when found then upload.received else -1 end;
  end if;
  insert into attachment_chunk (attachment_id, n, body) values (p_att, place, p_body);
  update attachment a
  set received = a.received + length(p_body), complete = a.received + length(p_body) = a.size
  where a.id = p_att;
  return upload.received + length(p_body);
end $$;
