-- Calls append_messages and returns its outcomes as numbers: 0 stored, 1 duplicate, 2 conflict, 3
-- not_found, 4 stale_epoch, 5 commit_first, 6 attachment_unknown, 7 out_of_line. Pods of the
-- version before migration 0017 call it while they are replaced. The next release drops it.
create or replace function append_batch(
  p_conv bigint[], p_dev bigint[], p_cid uuid[], p_group int[], p_epoch bigint[], p_env bytea[],
  p_att_ord int[], p_att uuid[]
) returns table (ord int, code smallint, seq bigint, at bigint)
language sql volatile
as $$
  select a.ord, (array_position(array[
      'stored', 'duplicate', 'conflict', 'not_found', 'stale_epoch', 'commit_first',
      'attachment_unknown', 'out_of_line'
    ], a.outcome) - 1)::smallint, a.seq, a.at
  from append_messages(
    p_conv, p_dev, p_cid, p_group, p_epoch, p_env, p_att_ord, p_att
  ) a
$$;
