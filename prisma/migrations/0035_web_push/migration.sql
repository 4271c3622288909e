-- Where a device is woken by Web Push when it has not fetched a message: one endpoint for each device.
-- It ends with the session that asked for it, and with the device. `failures` counts pushes in a row
-- that the push service did not take.
create table push_subscription (
  device_id bigint primary key references device (id) on delete cascade,
  family uuid not null references refresh_token (family) on delete cascade,
  endpoint text not null check (length(endpoint) <= 1024),
  created_at timestamptz not null default now(),
  pushed_at timestamptz,
  failures int not null default 0
);
create index on push_subscription (family);
