-- An account that was deleted leaves its row: its name and id are never another's, and others can still tell whose its messages are.
alter table "user" add column deleted_at timestamptz;

-- Ends an account for good: what could be used to be that user again goes (password, vault, sessions, key packages), devices lose their
-- names, and every pod finds the news in the feed and closes the user's sockets. `false`: there is no such account.
--
-- With the rights of the owner, so that the operator may delete an account and still not set a password.
create function delete_account(p_name text) returns boolean
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  account bigint;
begin
  update "user" u set deleted_at = now(), disabled_at = coalesce(u.disabled_at, now()), password_hash = '', kdf = null
  where u.username = p_name and u.deleted_at is null
  returning u.id into account;
  if account is null then return false; end if;
  delete from vault v where v.user_id = account;
  delete from refresh_token t where t.device_id in (select d.id from device d where d.user_id = account);
  delete from key_package k where k.device_id in (select d.id from device d where d.user_id = account);
  update device d set name = '' where d.user_id = account;
  insert into feed (convs, heads, users) values ('{}', '{}', array[account]);
  return true;
end $$;
revoke execute on function delete_account from public;
