-- Records that the devices of an account share, sealed by them: what was read, muted, archived and
-- pinned, drafts and settings. The head holds the number of the account's last change and counts its
-- records. Its row lock puts the changes of one account in order.
create table own_record_head (
  user_id     bigint primary key references "user" on delete cascade,
  last_change bigint not null default 0,
  records     int not null default 0
);
create table own_record (
  user_id bigint not null references "user" on delete cascade,
  name    bytea not null,
  version int not null,
  change  bigint not null,
  body    bytea not null,
  primary key (user_id, name)
);
create unique index own_record_change on own_record (user_id, change);
-- Ciphertext does not compress: store it as it is.
alter table own_record alter column body set storage external;

-- Stores versions of an account's own records. Record k is p_names[k], p_versions[k], p_bodies[k].
-- It is stored if its version follows the stored one; otherwise its name comes back in `stale`.
-- Changes of one account get their numbers in the order in which they are committed, so a device
-- that has seen a number has seen all before it.
--
-- Outcomes:
-- * stored, also if some are stale
-- * no_owner: there is no such device, or its account was deleted
-- * full: the account would have more than p_max records; nothing is stored
create or replace function put_own_records(
  p_user uuid, p_device uuid, p_names bytea[], p_versions int[], p_bodies bytea[], p_max int
) returns table (outcome text, change bigint, stale bytea[])
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  account bigint;
  last bigint;
  present int;
  fresh int;
begin
  outcome := 'stored';
  stale := '{}';
  -- The lock makes a deletion of the account run before or after this.
  select u.id into account from device d join "user" u on u.id = d.user_id
  where d.pub_id = p_device and u.pub_id = p_user and d.revoked_at is null and u.deleted_at is null
  for share of u;
  if account is null then
    outcome := 'no_owner';
    return next; return;
  end if;
  insert into own_record_head (user_id) values (account) on conflict (user_id) do nothing;
  perform from own_record_head h where h.user_id = account for update;
  select h.last_change, h.records into last, present from own_record_head h where h.user_id = account;

  select count(distinct x.name) into fresh from unnest(p_names, p_versions) x (name, version)
  where x.version = 1 and not exists (select from own_record r where r.user_id = account and r.name = x.name);
  if present + fresh > p_max then
    outcome := 'full';
    change := last;
    return next; return;
  end if;

  for k in 1 .. cardinality(p_names) loop
    if p_versions[k] = 1 then
      insert into own_record (user_id, name, version, change, body)
      values (account, p_names[k], 1, last + 1, p_bodies[k])
      on conflict (user_id, name) do nothing;
    else
      update own_record r set version = p_versions[k], change = last + 1, body = p_bodies[k]
      where r.user_id = account and r.name = p_names[k] and r.version = p_versions[k] - 1;
    end if;
    if found then last := last + 1; else stale := stale || p_names[k]; end if;
  end loop;
  update own_record_head h set last_change = last, records = h.records + fresh where h.user_id = account;
  change := last;
  return next;
end $$;

-- Ends an account. It deletes the password, vault, account state, own records, sessions and key
-- packages, and clears the names of the devices. Every pod finds the row in the feed and closes the user's
-- sockets. Returns false if there is no such account.
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
  update device d set name = '' where d.user_id = account;
  insert into feed (convs, heads, users) values ('{}', '{}', array[account]);
  return true;
end $$;
