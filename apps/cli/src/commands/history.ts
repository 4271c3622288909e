import type { Page, PageQuery } from '../chat/read-page.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import { parseMoment } from '../parse-moment.ts'
import type { Context } from './context.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'

export type HistoryOptions = {
  readonly lines: number
  readonly offline?: boolean
  /** Shows the earlier texts of edited messages, too. */
  readonly versions?: boolean
  /** Positions, which are not part of the page themselves. */
  readonly before?: number
  readonly after?: number
  /** Times as people write them. Lines at these times are part of the page. */
  readonly since?: string
  readonly until?: string
}

/**
 * Prints a page of a chat, oldest first: the newest lines, or the first ones after the given
 * beginning. A page that ends with the newest line counts as read.
 */
export async function history(context: Context, to: string, options: HistoryOptions): Promise<void> {
  const { out } = context
  const query = queryOf(options, new Date(context.clock.wallMs()))
  const chat = options.offline ? (await context.session()).chat : await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') return
  const { conversation, cursor } = found.chat
  const page = await chat.page({ conversation, ...query })
  for (const line of page.lines) {
    const isWanted = options.versions && line.edited !== undefined && line.id !== undefined
    const more = isWanted && line.id ? { versions: await chat.versions({ id: line.id }) } : {}
    showLine(context, { ...line, ...more }, { withChat: false, withTicks: true })
  }
  const isForward = query.after !== undefined || query.since !== undefined
  if (page.isMore && out.isTerminal && !out.isJson) out.note(whereMoreIs(page, isForward))
  const isToTheEnd = query.before === undefined && query.until === undefined && !(isForward && page.isMore)
  if (isToTheEnd) await chat.markRead({ conversation, seq: Math.max(cursor, page.lines.at(-1)?.seq ?? 0) })
}

function queryOf({ lines, before, after, since, until }: HistoryOptions, now: Date): PageQuery {
  const query = {
    limit: lines,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(since !== undefined && { since: parseMoment(since, '--since', now) }),
    ...(until !== undefined && { until: parseMoment(until, '--until', now) }),
  }
  if (query.since !== undefined && query.until !== undefined && query.since > query.until)
    throw usageError('--since is later than --until: nothing is in between')
  return query
}

const whereMoreIs = ({ lines }: Page<TranscriptLine>, isForward: boolean): string =>
  isForward ? `Newer ones follow with --after ${lines.at(-1)?.seq}` : `Older ones follow with --before ${lines[0]?.seq}`
