-- The last signal of each device and conversation that its sender asked to keep: a receipt, sealed.
-- Each row is rewritten often, so rows are small, pages are half empty, and no index has the time.
-- A rewrite then stays on its page and leaves the indexes as they are (HOT).
create table kept_signal (
  conversation_id bigint not null references conversation (id) on delete cascade,
  device_id bigint not null references device (id) on delete cascade,
  group_no int not null,
  epoch bigint not null,
  body bytea not null,
  updated_at timestamptz(6) not null default clock_timestamp(),
  primary key (conversation_id, device_id)
) with (fillfactor = 50);
