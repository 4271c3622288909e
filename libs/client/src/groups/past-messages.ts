import {
  type ConversationId,
  maxSharedMessages,
  maxSharedParts,
  maxSharedWith,
  type Payload,
  type SharedMessage,
  type UserId,
} from '@fastchat/schema'
import type { History } from '../history.ts'
import type { Entry } from '../store/records.ts'

type Shared = Extract<Payload, { kind: 'shared' }>

/** The most bytes of messages in one part. A message of the log takes 31 KiB. */
const maxPartBytes = 24 * 1024
/** The number of lines that are read from the store at once. */
const pageLines = 100
/** The number of lines that are searched for messages. A group may have long runs of others. */
const maxLines = 2_000

const encoder = new TextEncoder()

/**
 * Returns the last texts of a conversation that this device has, oldest first, at most `count`, and
 * before the position `before`.
 */
export async function pastTexts(
  history: Pick<History, 'before'>,
  { id, count, before }: { readonly id: ConversationId; readonly count: number; readonly before: number },
): Promise<SharedMessage[]> {
  const found: SharedMessage[] = []
  let end = before
  for (let seen = 0; seen < maxLines && found.length < count; seen += pageLines) {
    const page = await history.before(id, pageLines, end)
    for (const entry of page.toReversed()) {
      const text = sharedOf(entry)
      if (text && found.length < count) found.push(text)
    }
    const first = page[0]
    // A page may begin within the lines of one position; the rest of that position is left out.
    if (first === undefined || first.seq >= end) break
    end = first.seq
  }
  return found.reverse()
}

function sharedOf({ type, payload, from, at, id, expiresAt }: Entry): SharedMessage | undefined {
  // A message that disappears is not passed on, whether its sender or the chat's timer says so.
  const isPassing = expiresAt !== undefined || (payload && 'expires' in payload && payload.expires !== undefined)
  if (type !== 'message' || payload?.kind !== 'text' || isPassing || from === undefined) return undefined
  return { from, at: Math.max(0, Math.trunc(at)), text: payload.text, ...(id && { id }) }
}

/**
 * Returns the payloads that share messages with new members: as many of the latest ones as fit into
 * `maxSharedParts` messages of the log.
 */
export function sharedParts(messages: readonly SharedMessage[], users: readonly UserId[]): Shared[] {
  const parts: SharedMessage[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const message of messages.slice(-maxSharedMessages).toReversed()) {
    const size = encoder.encode(JSON.stringify(message)).length + 1
    if (bytes + size > maxPartBytes) {
      if (parts.length === maxSharedParts) break
      parts.unshift([])
      bytes = 0
    }
    parts[0]?.unshift(message)
    bytes += size
  }
  const count = parts.reduce((sum, part) => sum + part.length, 0)
  const to = users.slice(0, maxSharedWith)
  return parts.map((part, at) => ({
    ...{ v: 1, kind: 'shared', to, count, part: at + 1, parts: parts.length, messages: part },
  }))
}
