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
