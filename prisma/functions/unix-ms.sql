-- Returns milliseconds since 1970.
create or replace function unix_ms(at timestamptz) returns bigint language sql immutable
  return (extract(epoch from at) * 1000)::bigint;
