import { ClientError, isSessionError, isTemporary, ServerError } from '../errors.ts'
import type { DepartureCheck } from './departure-check.ts'
import { type IntentQueue, isEntry, type Pending } from './intent-queue.ts'
import type { LogRequest } from './log-request.ts'
import type { Reports } from './reports.ts'

type Parts = {
  readonly queue: IntentQueue
  readonly request: LogRequest
  readonly departures: DepartureCheck
  readonly reports: Reports
}

/**
 * The number of answers without progress after which no caller waits for an entry. It is still
 * tried.
 */
export const maxFutile = 8

/** Judges the server's rejections of changes: which are tried again, and what happens before. */
export class IntentRetries {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Returns whether a change is to be tried again, and starts what has to happen before. */
  async mayRetry(pending: Pending, error: unknown): Promise<boolean> {
    if (isTemporary(error)) return true
    // The change is still wanted after the next sign-in.
    if (error instanceof ClientError)
      return error.code === 'session_ended' || error.code === 'session_idle' || error.code === 'not_signed_in'
    if (!(error instanceof ServerError)) return false
    const { code } = error
    if (code === 'stale_epoch' || code === 'commit_first') {
      const { attempt } = pending.record
      if (code === 'commit_first' && attempt) void this.#parts.departures.learn(attempt)
      // These bytes can never win: epochs only grow, and the same commit must remove departed
      // members.
      if (code === 'commit_first' || isEntry(pending.record.change)) await this.#forgetAttempt(pending)
      this.countFutile(pending)
      this.#parts.request.ask()
      return true
    }
    return isSessionError(error)
  }

  /**
   * Counts an answer without progress. A server may say forever that the group has moved on, or
   * never show a commit that it took. After `maxFutile` answers no caller waits for the entry.
   */
  countFutile(pending: Pending): void {
    pending.futile++
    if (pending.futile !== maxFutile || !isEntry(pending.record.change)) return
    const { reports } = this.#parts
    void reports.addTrouble('cannot_enter').catch(reports.emitError)
  }

  async #forgetAttempt(pending: Pending): Promise<void> {
    const { attempt: _, ...rest } = pending.record
    await this.#parts.queue.store(pending, rest)
  }
}
