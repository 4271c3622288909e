-- Returns a UUIDv7 (RFC 9562 §5.7) of the current time. It is a version 4 whose first 48 bits become the time, and its version 7.
create or replace function new_entry_id() returns uuid language sql volatile
  return encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(unix_ms(entry_time())) from 3) from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid;
