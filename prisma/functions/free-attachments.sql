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
