import type { Client, Entry } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Timeline } from './line.ts'
import { lineOf, namesOf } from './lines.ts'
import { unsentLines } from './unsent-lines.ts'

/** A part of a conversation. `upTo` leaves out what is behind that position. */
export type TimelinePlace = {
  readonly conversation: ConversationId
  readonly limit: number
  readonly before?: number
  readonly after?: number
  readonly around?: number
  readonly upTo?: number
}
type Part = { readonly entries: readonly Entry[]; readonly hasOlder: boolean; readonly hasNewer: boolean }

/** The most lines of one answer. */
const maxLines = 200

/** Reads a part of a conversation. All lines of one position are in the same part. */
export async function readTimeline(client: Client, place: TimelinePlace): Promise<Timeline> {
  const { conversation, limit } = place
  const { firstUnread } = client.conversation(conversation)
  const part = await readPart(client, place, Math.min(limit, maxLines))
  const names = namesOf(client, conversation)
  const lines = part.entries.map((entry) => lineOf(entry, names))
  const shown = new Set(lines.map(({ key }) => key))
  const queued = part.hasNewer ? [] : await unsentLines(client, conversation, shown)
  const { hasOlder, hasNewer } = part
  return {
    ...{ conversation, hasOlder, hasNewer, lines: [...lines, ...queued] },
    ...(firstUnread !== undefined && { firstUnread }),
  }
}

/** Reads one line more than asked for: it tells whether there are further ones. */
async function readPart(client: Client, place: TimelinePlace, count: number): Promise<Part> {
  const { conversation, before, after, around, upTo } = place
  if (after !== undefined) {
    const read = await client.entriesAfter(conversation, after, count + 1)
    const wanted = upTo === undefined ? read : read.filter(({ seq }) => seq <= upTo)
    const entries = wanted.length > count ? withoutLast(wanted) : wanted
    return { entries, hasOlder: true, hasNewer: entries.length < read.length }
  }
  const read =
    around === undefined
      ? await client.history(conversation, count + 1, before)
      : await client.around(conversation, around, count + 1)
  const hasOlder = read.length > count
  const entries = hasOlder ? withoutFirst(read) : read
  const last = read.at(-1)?.seq ?? 0
  const hasNewer =
    before !== undefined || (around !== undefined && (await client.entriesAfter(conversation, last, 1)).length > 0)
  return { entries, hasOlder, hasNewer }
}

/** Drops the lines of the first position: some of them may be in the part before. */
function withoutFirst(entries: readonly Entry[]): readonly Entry[] {
  const rest = entries.filter(({ seq }) => seq !== entries[0]?.seq)
  return rest.length > 0 ? rest : entries
}

/** Drops the lines of the last position: some of them may be in the part behind. */
function withoutLast(entries: readonly Entry[]): readonly Entry[] {
  const rest = entries.filter(({ seq }) => seq !== entries.at(-1)?.seq)
  return rest.length > 0 ? rest : entries
}
