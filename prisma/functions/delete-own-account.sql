-- Deletes the account that a person has just proven to be theirs, by the number of their password. A
-- second call does nothing. Returns null if the number is not the present one, or the name is not
-- that of the account; then nothing changes.
--
-- Runs with the rights of the owner, because auth has none to delete vaults and states.
create or replace function delete_own_account(p_user uuid, p_name text, p_password_no int) returns boolean
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  own record;
begin
  select u.username, u.deleted_at, u.password_no into own from "user" u where u.pub_id = p_user for no key update;
  if not found or own.username <> p_name then return null; end if;
  if own.deleted_at is not null then return false; end if;
  if own.password_no <> p_password_no then return null; end if;
  return delete_account(p_name);
end $$;
