-- Calls append_group_commit without a change of who may write. Pods of the version before migration
-- 0022 call it while they are replaced; they accept no commit of a group with such a rule. The next
-- release drops it.
create or replace function append_commit(
  p_conv bigint, p_dev bigint, p_cid uuid,
  p_group int, p_epoch bigint, p_pending_ver int,
  p_next_group int, p_next_epoch bigint,
  p_env bytea, p_welcome bytea, p_group_info bytea,
  p_removed int[], p_added_dev bigint[], p_added_leaf int[],
  p_users bigint[], p_roles smallint[],
  p_external_pub bytea, p_context_hash bytea, p_prior_context bytea, p_prior_tag bytea
) returns table (outcome text, seq bigint)
language sql volatile
as $$
  select a.outcome, a.seq
  from append_group_commit(
    p_conv, p_dev, p_cid, p_group, p_epoch, p_pending_ver, p_next_group, p_next_epoch, p_env,
    p_welcome, p_group_info, p_removed, p_added_dev, p_added_leaf, p_users, p_roles,
    p_external_pub, p_context_hash, p_prior_context, p_prior_tag, null
  ) a
$$;
