-- Stores a sealed segment of an account's backup. A segment is never replaced: the same bytes again
-- count as stored, others under this id do not. Outcomes: stored, conflict, quota_exceeded,
-- no_owner (the account was deleted).
--
-- The lock makes the uploads of one account run one after the other, so two cannot share the room
-- for one. Runs with the rights of the owner, who alone may lock a user: a deletion of the account
-- runs before or after this.
create or replace function store_backup_segment(
  p_user bigint, p_id uuid, p_body bytea, p_max_bytes bigint, p_max_segments int
) returns text
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
declare
  known bytea;
  used bigint;
  stored bigint;
begin
  perform pg_advisory_xact_lock(1651207029, hashint8(p_user));
  perform from "user" u where u.id = p_user and u.deleted_at is null for share;
  if not found then return 'no_owner'; end if;
  select s.body into known from backup_segment s where s.user_id = p_user and s.pub_id = p_id;
  if found then return case when known = p_body then 'stored' else 'conflict' end; end if;
  select coalesce(sum(s.size), 0), count(*) into used, stored from backup_segment s where s.user_id = p_user;
  if used + length(p_body) > p_max_bytes or stored >= p_max_segments then return 'quota_exceeded'; end if;
  insert into backup_segment (user_id, pub_id, size, body) values (p_user, p_id, length(p_body), p_body);
  return 'stored';
end $$;
