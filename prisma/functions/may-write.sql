-- Says whether a device may send in a group where only admins write. The roles are 0 member, 1
-- admin and 2 owner. When no admin has an account, everybody may send: members vote for a new admin
-- by messages, and clients show nothing else. Within append_as_reader everybody may send, too.
create or replace function may_write(p_conv bigint, p_dev bigint) returns boolean
language sql stable
as $$
  select coalesce(current_setting('fastchat.as_reader', true), '') = 'on' or exists (
    select from device d join member m on m.user_id = d.user_id
    where d.id = p_dev and m.conversation_id = p_conv and m.role > 0
  ) or not exists (
    select from member m join "user" u on u.id = m.user_id
    where m.conversation_id = p_conv and m.role > 0 and u.deleted_at is null
  )
$$;
