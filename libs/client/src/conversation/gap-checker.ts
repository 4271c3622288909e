import type { ConversationRecord } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { gapOver, isWithinLog, type StoredGap } from './check-gap.ts'
import type { Context } from './context.ts'
import type { Gap, LogItem } from './log-item.ts'
import type { Reports } from './reports.ts'

/** The number of false gaps that one process reports per conversation. */
const maxTold = 64

/** Checks the gaps that the server names, and reports the false ones. */
export class GapChecker {
  readonly #context: Context
  readonly #reports: Reports
  readonly #told = new Set<string>()

  constructor(context: Context, reports: Reports) {
    this.#context = context
    this.#reports = reports
  }

  /**
   * Returns whether a gap is within the log. One that ends beyond the log is reported.
   *
   * @throws the error of the request when the server does not answer
   */
  async isTrueGap(gap: Gap): Promise<boolean> {
    if (await isWithinLog(this.#context, gap)) return true
    this.#tell('gap_beyond_log', gap)
    return false
  }

  /**
   * Reports an entry at a position that the server said to be gone. While nothing after that gap
   * was read, the log is read again from the entry on. Later its successors would be overwritten.
   *
   * @param hasUnstored entries after the gap were read and are not stored yet
   * @returns the gap when the entry is to be read
   */
  async falseGapOver(
    item: LogItem,
    { cursor, isRestored }: ConversationRecord,
    hasUnstored: boolean,
  ): Promise<StoredGap | undefined> {
    if (!('id' in item)) return undefined
    const gap = await gapOver(this.#context, item)
    if (!gap) return undefined
    // A copy of the database from before the entry was removed has it again.
    if (!isRestored || gap.to === cursor) this.#tell('gap_untrue', gap)
    return gap.to === cursor && !hasUnstored ? gap : undefined
  }

  #tell(code: TroubleCode, { from, to }: { readonly from: number; readonly to: number }): void {
    const what = `${code} ${from} ${to}`
    if (this.#told.has(what) || this.#told.size >= maxTold) return
    this.#told.add(what)
    void this.#reports.addTrouble(code).catch(this.#reports.emitError)
  }
}
