-- Calls append_leave_statement and returns its outcomes as numbers: 0 stored, 1 duplicate, 2
-- conflict, 3 not_found, 4 stale_epoch, 5 forbidden, 6 direct_fixed, 7 last_admin. Pods of the
-- version before migration 0017 call it while they are replaced. The next release drops it.
create or replace function append_leave(p_conv bigint, p_user bigint, p_dev bigint, p_cid uuid, p_group int, p_epoch bigint, p_env bytea)
returns table (code smallint, seq bigint)
language sql volatile
as $$
  select (array_position(array[
      'stored', 'duplicate', 'conflict', 'not_found', 'stale_epoch', 'forbidden', 'direct_fixed',
      'last_admin'
    ], a.outcome) - 1)::smallint, a.seq
  from append_leave_statement(
    p_conv, p_user, p_dev, p_cid, p_group, p_epoch, p_env
  ) a
$$;
