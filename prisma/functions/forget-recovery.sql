-- Forgets the recovery key of an account that is deleted, whoever deletes it.
create or replace function forget_recovery() returns trigger
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
begin
  delete from recovery r where r.user_id = new.id;
  return null;
end $$;
