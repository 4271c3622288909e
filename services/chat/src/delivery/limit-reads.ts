import pLimit from 'p-limit'
import type { EntryLog } from '../domain/ports.ts'

/**
 * Reads of the log at once. Further reads wait here: in the pool's queue they would time out. Each
 * conversation and each device waits for one read at a time, which bounds the queue.
 */
const maxReads = 8

/** Returns `log` with a limit on concurrent reads of pages and memberships. */
export function limitReads(log: EntryLog): EntryLog {
  const limit = pLimit(maxReads)
  return {
    ...log,
    page: (...args) => limit(() => log.page(...args)),
    memberships: (session) => limit(() => log.memberships(session)),
  }
}
