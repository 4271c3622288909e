-- The account key's statement that the device is revoked: what its members' clients act on.
alter table device add column revocation bytea;

drop function revoke_device;
-- Revokes a device of the user by a statement that is already verified: its session and key packages go, and the statement becomes the
-- next entry of every conversation where it has a leaf. Sends there are answered commit_first until a commit has removed the leaf.
-- Conversations beyond `p_most` are left to the next call, so that no transaction holds too many.
--
-- Returns how many conversations got the statement: below `p_most` there are no more. Null: the user has no such device. A device that was
-- revoked before keeps its first statement, and no conversation gets it twice.
--
-- Locks the device before the conversations, and those in the order of their ids, as accept_commit and append_batch do. A commit that adds
-- the device is over before this has the device, or finds it revoked.
--
-- With the rights of the owner, since auth has none over conversations.
create function revoke_device(p_user uuid, p_dev uuid, p_by uuid, p_statement bytea, p_most int) returns int
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
    insert into feed (convs, heads, users) values ('{}', '{}', array[own.user_id]);
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
    insert into feed (convs, heads, users)
    select array_agg(g.id), array_agg(g.last_seq), array[own.user_id] from grown g having count(*) > 0
  )
  select count(*) into told from grown;
  return told;
end $$;

-- Conversations where a revoked device has a leaf and the log does not say yet that it is revoked.
create function untold_revocations(p_dev bigint) returns table (conv bigint)
language sql stable
as $$
  select l.conversation_id from leaf l join device d on d.id = l.device_id
  where l.device_id = p_dev and l.to_seq is null and d.revocation is not null and not exists (
    select from message m
    where m.conversation_id = l.conversation_id and m.seq > l.from_seq and m.kind = 3 and m.envelope = d.revocation
  )
$$;

-- A UUIDv7 (RFC 9562 §5.7) of now: one of version 4 whose first 48 bits become the time, and the version 7.
create function new_entry_id() returns uuid language sql volatile
  return encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(unix_ms(entry_time())) from 3) from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid;
