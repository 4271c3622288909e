-- Counts the passwords of an account. A token that a login returned is good for one password only.
alter table "user" add column password_no int not null default 1;

-- The account key, sealed a second time under the recovery key, and the hash of that key's login
-- value. Each version is the one before plus 1.
create table recovery (
  user_id    bigint primary key references "user" on delete cascade,
  version    int not null,
  verifier   bytea not null,
  body       bytea not null,
  created_at timestamptz not null default now()
);

-- Forgets the recovery key of an account that is deleted, whoever deletes it.
create or replace function forget_recovery() returns trigger
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
begin
  delete from recovery r where r.user_id = new.id;
  return null;
end $$;

create trigger forget_recovery after update of deleted_at on "user"
  for each row when (new.deleted_at is not null and old.deleted_at is null) execute function forget_recovery();

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

-- Deletes attachments of a deleted account that nobody can fetch any more: those that no message
-- names, and those in conversations without another account. Pictures in conversations with others
-- stay as long as the messages do. One call deletes at most `p_most`, and returns how many.
--
-- Runs with the rights of the owner, because auth has none to attachments.
create or replace function free_attachments(p_user uuid, p_most int) returns int
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  freed int;
begin
  with gone as (
    select a.id from attachment a
    join device d on d.id = a.device_id
    join "user" u on u.id = d.user_id
    where u.pub_id = p_user and u.deleted_at is not null
      and (a.conversation_id is null or not exists (
        select from member m join "user" o on o.id = m.user_id
        where m.conversation_id = a.conversation_id and o.deleted_at is null and m.departed_seq is null))
    order by a.id limit p_most
  )
  delete from attachment a using gone where a.id = gone.id;
  get diagnostics freed = row_count;
  return freed;
end $$;
