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
