/** Settings that pgbouncer keeps for each client, so they work through it. */
const kept = {
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
}

/** Settings that a pooler rejects. */
const own = {
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // A statement that runs after a lock must see the commits before that lock.
  default_transaction_isolation: 'read committed',
}

/**
 * Returns the settings that each session starts with: the format of dates, bytes and numbers, and
 * the isolation of transactions. Our code relies on them, so it does not matter what the server,
 * the database or the role has set.
 */
export function sessionSettings(isPooled: boolean): Readonly<Record<string, string>> {
  return isPooled ? kept : { ...kept, ...own }
}
