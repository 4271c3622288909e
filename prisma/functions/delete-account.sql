-- Ends an account. It deletes the password, vault, account state, own records, sessions and key
-- packages, and clears the names of the devices. Every pod finds the row in append_feed and closes
-- the user's sockets. Returns false if there is no such account.
--
-- Runs with the rights of the owner, so an operator can delete an account but cannot set a
-- password.
create or replace function delete_account(p_name text) returns boolean
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
  delete from account_state s where s.user_id = account;
  delete from own_record r where r.user_id = account;
  delete from own_record_head h where h.user_id = account;
  delete from refresh_token t where t.device_id in (select d.id from device d where d.user_id = account);
  delete from key_package k where k.device_id in (select d.id from device d where d.user_id = account);
  update device d set name = '', kind = null, label = null where d.user_id = account;
  insert into append_feed (convs, heads, users) values ('{}', '{}', array[account]);
  return true;
end $$;
