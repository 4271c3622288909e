-- Members may react in groups where only admins write. Pods of the version before go on without it.

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

-- Like append_messages, for messages that members may send in a group where only admins write:
-- reactions, and deletions of own messages. The server cannot see what they are. Clients check it,
-- and hide others.
create or replace function append_as_reader(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, outcome text, seq bigint, at bigint)
language plpgsql volatile
as $$
begin
  -- Only a superuser may bind a setting to a function. This one ends here, or with the transaction.
  perform set_config('fastchat.as_reader', 'on', true);
  return query select * from append_messages(p_conv, p_dev, p_cid, p_group, p_epoch, p_env, p_att_ord, p_att);
  perform set_config('fastchat.as_reader', '', true);
end $$;
