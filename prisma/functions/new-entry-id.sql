-- Returns a UUIDv7 (RFC 9562 §5.7) of the current time. It takes a random UUID and writes the time
-- into its first 48 bits, and then the version 7.
create or replace function new_entry_id() returns uuid language sql volatile
  return encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(unix_ms(entry_time())) from 3) from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid;
