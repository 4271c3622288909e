import type { DatabaseSync } from 'node:sqlite'

/**
 * Runs `work` once, after `ms`.
 *
 * @returns a function that cancels it
 */
export type Schedule = (ms: number, work: () => void) => () => void

/**
 * A replaced value stays in the write-ahead log for this time. With retries it is still gone within
 * a minute.
 */
export const checkpointAfterMs = 20_000
/** A checkpoint that failed is tried again after this time. */
export const checkpointRetryMs = 5_000
/**
 * The time that a write waits for another process. A checkpoint does not wait: it would hold up the
 * whole client.
 */
export const writePatienceMs = 2_000

/** Empties the write-ahead log some time after the first write into it. */
export type Checkpoints = {
  /** Says that the log may hold something. */
  wrote(): void
  /**
   * Makes a checkpoint now.
   *
   * @returns whether the log is empty; otherwise a retry is scheduled
   */
  flush(): boolean
  /** Makes the last checkpoint. Close the database next. */
  stop(): void
}

/**
 * Moves every page of the write-ahead log into the database file and truncates the log. Without it,
 * replaced values stay in the log until SQLite happens to overwrite them. A reader or writer in
 * another process, or a full disk, makes a checkpoint fail; a retry follows after
 * `checkpointRetryMs`. Retries never end, and there is one timer at most.
 */
export function checkpointsOf(db: DatabaseSync, schedule: Schedule): Checkpoints {
  let cancel: (() => void) | undefined

  const flush = () => {
    cancel?.()
    cancel = undefined
    if (emptyLog(db)) return true
    cancel = schedule(checkpointRetryMs, flush)
    return false
  }
  return {
    wrote() {
      cancel ??= schedule(checkpointAfterMs, flush)
    },
    flush,
    stop() {
      flush()
      cancel?.()
    },
  }
}

function emptyLog(db: DatabaseSync): boolean {
  try {
    db.exec('pragma busy_timeout = 0')
    return db.prepare('pragma wal_checkpoint(truncate)').get()?.busy === 0
  } catch {
    return false
  } finally {
    db.exec(`pragma busy_timeout = ${writePatienceMs}`)
  }
}

/** Schedules by the system's timers. A timer does not keep the process running. */
export const bySystemTimer: Schedule = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
