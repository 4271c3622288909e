import { changeToBackUp } from '../messages/backed-up-change.ts'
import type { ConversationRecord, StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { entriesIn } from './entries-in.ts'
import type { Line } from './lines.ts'
import { has, type Ranges, rangesOf, type Span, unite, without } from './ranges.ts'

/** The stored part of a log, as far as this device can read it. */
export type OwnPart = {
  /** The positions that it can read. */
  readonly covered: Ranges
  /** The lines there, ascending. */
  readonly lines: readonly Line[]
  /** The gaps that begin there, each as a whole. */
  readonly gaps: readonly Span[]
}

/**
 * Reads what this device can read in `ranges`. Behind the position at which it joined, and up to
 * its cursor, it has read every entry, so positions without a line count as well. Positions that it
 * could not read, or that were gone, do not count. Stops after `maxRows` rows.
 *
 * In `restored` every position that this device has not read came from the backup, so it has these
 * lines, too.
 */
export async function readOwn(
  store: Store,
  record: Pick<ConversationRecord, 'conversation' | 'joinedSeq' | 'cursor'>,
  ranges: Ranges,
  maxRows = Number.POSITIVE_INFINITY,
  restored: Ranges = [],
): Promise<OwnPart> {
  const { conversation, joinedSeq, cursor } = record
  const lines: Line[] = []
  const [seen, holes, gaps]: [number[], Span[], Span[]] = [[], [], []]
  let isCut: number | undefined
  for (const range of ranges) {
    for await (const entry of entriesIn(store, conversation, range, restored)) {
      if (lines.length >= maxRows && entry.seq !== lines.at(-1)?.seq) {
        isCut = entry.seq
        break
      }
      const { seq, type, to } = entry
      if (type === 'gap') gaps.push([seq, to ?? seq])
      if (type === 'gap' || type === 'unreadable') holes.push([seq, to ?? seq])
      else if (isUnknown(entry)) holes.push([seq, seq])
      else if (isKept(entry)) {
        seen.push(seq)
        lines.push(lineOf(entry))
      } else if (type === 'mark') {
        const said = await changeToBackUp(store, entry)
        if (said) lines.push({ ...lineOf(entry), said })
      }
    }
    if (isCut !== undefined) break
  }
  const followed: Ranges = joinedSeq < cursor ? [[joinedSeq + 1, cursor]] : []
  const read = without(unite([...followed, ...rangesOf(seen)]), holes)
  const all = unite([...read, ...restored])
  const asked = isCut === undefined ? ranges : ranges.flatMap(([a, b]): Span[] => cutAt([a, b], isCut))
  // Positions that are not asked for are taken away. The rest is in both.
  const covered = without(asked, without(asked, all))
  return { covered, lines: lines.filter(({ seq }) => has(covered, seq)), gaps }
}

const cutAt = ([a, b]: Span, end: number): Span[] => (a >= end ? [] : [[a, Math.min(b, end - 1)]])

const isUnknown = ({ type, payload }: StoredEntry): boolean => type === 'message' && payload?.kind === 'unknown'

/**
 * Lines about this device alone, and alarms, are not history of the account. Messages that
 * disappear are not backed up.
 */
const isKept = ({ type, event, expiresAt }: StoredEntry): boolean =>
  (type === 'message' && expiresAt === undefined) ||
  (type === 'system' && event !== undefined && !ofDevice.includes(event.kind))

const ofDevice: readonly string[] = ['trouble', 'broken', 'restored', 'not_in_backup']

function lineOf({ conversation: _, c: __, ...line }: StoredEntry): Line {
  return line
}
