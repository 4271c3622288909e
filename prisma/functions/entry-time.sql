-- Returns the time that an entry gets as `created_at`, in whole milliseconds, so that every reader names the same instant.
create or replace function entry_time() returns timestamptz language sql volatile
  return date_trunc('milliseconds', clock_timestamp());
