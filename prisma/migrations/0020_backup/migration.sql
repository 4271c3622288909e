-- The encrypted backup of an account's history (ADR 28): its index, sealed by the account's
-- devices, with a version that only grows by one, and the segments that the index names.
create table account_backup (
  user_id    bigint primary key references "user" on delete cascade,
  version    int not null,
  body       bytea not null,
  updated_at timestamptz not null default now()
);

-- A table of its own, not attachments without a message: pods of the version before delete those
-- after a day. A segment is at most as large as one chunk of an attachment, so it is one row.
create table backup_segment (
  user_id    bigint not null references "user" on delete cascade,
  pub_id     uuid not null,
  size       int not null,
  body       bytea not null,
  created_at timestamptz not null default now(),
  primary key (user_id, pub_id) include (size)
);
-- Ciphertext does not compress: store it as it is.
alter table account_backup alter column body set storage external;
alter table backup_segment alter column body set storage external;

-- Stores a sealed segment of an account's backup. A segment is never replaced: the same bytes again
-- count as stored, others under this id do not. Outcomes: stored, conflict, quota_exceeded, no_owner
-- (the account was deleted).
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

-- Frees the backup of an account that is deleted, whoever deletes it.
create or replace function forget_backup() returns trigger
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
begin
  delete from account_backup b where b.user_id = new.id;
  delete from backup_segment s where s.user_id = new.id;
  return null;
end $$;

create trigger forget_backup after update of deleted_at on "user"
  for each row when (new.deleted_at is not null and old.deleted_at is null) execute function forget_backup();
