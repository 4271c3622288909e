-- Stores one message if it passes all checks. Returns no row if the message is rejected or a
-- duplicate. The caller holds the lock of the conversation.
create or replace function append_single_message(p_conv bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
returns table (ord int, outcome text, seq bigint, at bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_at constant timestamptz := entry_time();
begin
  return query
  with grown as (
    update conversation c set last_seq = c.last_seq + 1
    where c.id = p_conv and c.group_no = p_group and c.epoch = p_epoch and c.pending_ver = 0
      and (not c.admins_write or may_write(p_conv, p_dev))
      and exists (select from leaf l where l.conversation_id = p_conv and l.device_id = p_dev and l.to_seq is null)
      and not exists (
        select from message m where m.conversation_id = p_conv and m.sender_device = p_dev and m.client_id = p_cid
      )
    returning c.last_seq
  ), stored as (
    insert into message (conversation_id, seq, sender_device, client_id, kind, envelope, created_at)
    select p_conv, g.last_seq, p_dev, p_cid, 0, p_env, v_at from grown g
  ), fed as (
    insert into append_feed (convs, heads) select array[p_conv], array[g.last_seq] from grown g
  )
  select 1, 'stored', g.last_seq, unix_ms(v_at) from grown g;
end $$;
