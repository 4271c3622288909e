-- Frees the backup of an account that the user or an operator deletes.
create or replace function forget_backup() returns trigger
language plpgsql volatile security definer
set search_path = public, pg_temp
as $$
begin
  delete from account_backup b where b.user_id = new.id;
  delete from backup_segment s where s.user_id = new.id;
  return null;
end $$;
