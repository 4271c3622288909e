import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import type { ConversationKey } from '../domain/ports.ts'

/** About 10 MB when full; the least recently used go first. */
const maxKnown = 50_000

/** Which key a conversation with a group has in the database. Its key never changes, so what is known stays true. */
export type ConversationKeys = {
  get(conversation: ConversationId): ConversationKey | undefined
  /** Looks up those not known yet, in one query; unknown conversations stay undefined. */
  load(conversations: readonly ConversationId[]): Promise<void>
}

export function createConversationKeys(pool: Pool, limit = maxKnown): ConversationKeys {
  // A Map keeps the order of insertion: the first is the one longest not used.
  const known = new Map<ConversationId, ConversationKey>()

  function get(conversation: ConversationId): ConversationKey | undefined {
    const key = known.get(conversation)
    if (key === undefined) return undefined
    known.delete(conversation)
    known.set(conversation, key)
    return key
  }

  async function load(conversations: readonly ConversationId[]): Promise<void> {
    // `get` makes those known the last to go: making room for the others must not drop what was asked for with them.
    const missing = [...new Set(conversations)].filter((conversation) => get(conversation) === undefined)
    if (missing.length === 0) return
    const { rows } = await pool.query<{ conversation: ConversationId; key: ConversationKey }>({
      name: 'conversation_keys',
      text: `select pub_id as conversation, id as key from conversation where pub_id = any ($1::uuid[]) and group_no > 0`,
      values: [missing],
    })
    while (known.size > 0 && known.size + rows.length > limit) known.delete(known.keys().next().value!)
    for (const { conversation, key } of rows) known.set(conversation, key)
  }

  return { get, load }
}
