-- Conversations that were reserved and have no group yet: few, since they go after an hour. `group_no` is the only column in the
-- predicate, so a message, which moves `last_seq`, still updates the row in place.
create index conversation_reserved on conversation (creator_id) where group_no = 0;
