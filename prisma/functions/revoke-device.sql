-- Revokes a device of the user by a verified statement. It deletes the session and key packages of
-- the device and appends the statement to every conversation where the device has a leaf. Sends
-- there get commit_first until a commit has removed the leaf. One call handles at most `p_most`
-- conversations, so no transaction holds too many.
--
-- Returns how many conversations got the statement. Fewer than `p_most` means that none is left.
-- Returns null if the user has no such device. A device that was revoked before keeps its first
-- statement, and no conversation gets it twice.
--
-- It locks the device before the conversations, and those in the order of their ids, as
-- append_group_commit and append_messages do. A commit that adds the device either ends before this
-- function has the lock, or finds the device revoked.
--
-- Runs with the rights of the owner, because auth has no rights to conversations.
create or replace function revoke_device(p_user uuid, p_dev uuid, p_by uuid, p_statement bytea, p_most int) returns int
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  own record;
  convs bigint[];
  told int;
begin
  select d.id, d.user_id, d.revoked_at is not null as is_revoked into own
  from device d join "user" u on u.id = d.user_id
  where d.pub_id = p_dev and u.pub_id = p_user
  for no key update of d;
  if not found then return null; end if;
  if not own.is_revoked then
    update device d set revoked_at = now(), revocation = p_statement where d.id = own.id;
    update refresh_token t set revoked_at = now() where t.device_id = own.id and t.revoked_at is null;
    delete from key_package k where k.device_id = own.id;
    -- Also where the device is in no conversation: pods close its sockets.
    insert into append_feed (convs, heads, users) values ('{}', '{}', array[own.user_id]);
  end if;

  select array_agg(u.conv) into convs from (select conv from untold_revocations(own.id) order by conv limit p_most) u;
  perform from conversation c where c.id = any (convs) order by c.id for no key update;
  with grown as (
    update conversation c set last_seq = c.last_seq + 1, pending_ver = c.pending_ver + 1
    from untold_revocations(own.id) u
    where c.id = u.conv and c.id = any (convs)
    returning c.id, c.last_seq
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select g.id, g.last_seq, b.id, new_entry_id(), 3, d.revocation, entry_time()
    from grown g, device d, device b
    where d.id = own.id and b.pub_id = p_by
  ), fed as (
    insert into append_feed (convs, heads, users)
    select array_agg(g.id), array_agg(g.last_seq), array[own.user_id] from grown g having count(*) > 0
  )
  select count(*) into told from grown;
  return told;
end $$;
