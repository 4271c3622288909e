/** What pgbouncer keeps apart for each of its clients, so that it may be asked for through it, too. */
const kept = {
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
}

/** A pooler refuses these. */
const own = {
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // A statement after the lock has to see what was committed before the lock was had.
  default_transaction_isolation: 'read committed',
}

/**
 * Returns what a session asks for as it begins, since we rely on it: how dates, bytes and numbers are written, and what a transaction sees.
 * So it does not matter what the server, the database or the role has.
 */
export function sessionSettings(isPooled: boolean): Readonly<Record<string, string>> {
  return isPooled ? kept : { ...kept, ...own }
}
