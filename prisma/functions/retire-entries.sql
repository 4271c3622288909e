-- Deletes entries that the log need not keep, oldest first. These are entries older than `p_keep`,
-- and entries older than `p_acked` that every device has acked. Handshakes stay longer than
-- messages: a device that comes back late follows the group from the last state that it knows to be
-- lawful.
--
-- The function looks at `p_look` conversations after `p_after` and deletes about `p_delete`
-- entries. It skips a conversation that another transaction has locked; the next round finds it.
--
-- `up_to` is where the next call continues; null after the last conversation. `p_acked` must exceed
-- the age up to which sends are accepted, because a deleted entry no longer makes a retry a
-- duplicate.
create or replace function retire_entries(p_after bigint, p_keep interval, p_acked interval, p_look int, p_delete int)
returns table (up_to bigint, retired bigint)
language plpgsql volatile
as $$
declare
  c record;
  v_acked bigint;
  v_floor bigint;
begin
  retired := 0;
  for c in
    select id, floor_seq, last_seq from conversation where id > p_after order by id limit p_look
  loop
    up_to := c.id;
    continue when c.last_seq = c.floor_seq;
    -- One look at the oldest entry settles it for nearly all.
    continue when (
      select m.created_at >= now() - p_acked from message m
      where m.conversation_id = c.id and m.seq > c.floor_seq order by m.seq limit 1
    );
    v_acked := coalesce(acked_by_all(c.id, c.floor_seq), c.last_seq);
    select coalesce(min(m.seq) filter (where not m.is_over) - 1, max(m.seq)) into v_floor
    from (
      select seq, created_at < now() - p_keep or (created_at < now() - p_acked and seq <= v_acked) as is_over
      from message where conversation_id = c.id and seq > c.floor_seq order by seq limit p_delete
    ) m;
    continue when v_floor is null or v_floor <= c.floor_seq;
    perform 1 from conversation where id = c.id for no key update skip locked;
    continue when not found;
    update conversation set floor_seq = v_floor where id = c.id and floor_seq < v_floor;
    delete from message where conversation_id = c.id and seq <= v_floor and kind = 0;
    delete from attachment where conversation_id = c.id and seq <= v_floor;
    delete from welcome where conversation_id = c.id and seq <= v_floor;
    retired := retired + v_floor - c.floor_seq;
    if retired >= p_delete then
      up_to := c.id - 1; -- it may have more
      return next;
      return;
    end if;
  end loop;
  -- The end was reached when not even the last one looked at has a successor.
  if not exists (select from conversation where id > up_to) then up_to := null; end if;
  return next;
end;
$$;
