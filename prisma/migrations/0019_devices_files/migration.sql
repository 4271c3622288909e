-- What a device says that it is, and its name as the account's devices seal it for each other.
alter table device add column kind text, add column label bytea;

-- When a session ended because nobody used it.
alter table refresh_token add column idle_at timestamptz;

-- How many bytes of an upload in parts are stored. Null: the upload came as a whole.
alter table attachment add column received int;

-- Stores one step of an upload in parts. `p_offset` is a multiple of 256 KiB. It locks the upload,
-- so of two requests one waits. `received` is the number of bytes stored from the first on.
--
-- Outcomes:
-- * stored: now or before
-- * conflict: the bytes at this place are others, or the upload is of another kind
-- * upload_gap: an earlier step is missing
create or replace function put_attachment_chunk(p_att bigint, p_offset int, p_body bytea)
returns table (outcome text, received int)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  upload record;
  place constant int := p_offset / 262144;
begin
  select a.size, a.received as before into upload from attachment a where a.id = p_att for update;
  if upload.before is null or p_offset + length(p_body) > upload.size then
    return query select 'conflict', null::int;
  elsif p_offset > upload.before then
    return query select 'upload_gap', upload.before;
  elsif p_offset < upload.before then
    perform from attachment_chunk c where c.attachment_id = p_att and c.n = place and c.body = p_body;
    return query select case when found then 'stored' else 'conflict' end, upload.before;
  else
    insert into attachment_chunk (attachment_id, n, body) values (p_att, place, p_body);
    update attachment a
    set received = a.received + length(p_body), complete = a.received + length(p_body) = a.size
    where a.id = p_att;
    return query select 'stored', upload.before + length(p_body);
  end if;
end $$;
