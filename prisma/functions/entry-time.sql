-- Returns the time for `created_at` of an entry, in whole milliseconds, so every reader gets the
-- same instant.
create or replace function entry_time() returns timestamptz language sql volatile
  return date_trunc('milliseconds', clock_timestamp());
