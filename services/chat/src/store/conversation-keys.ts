import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import type { ConversationKey } from '../domain/ports.ts'

/** A full cache takes about 10 MB. It drops the least recently used entries first. */
const maxKnown = 50_000

/**
 * Maps ids of conversations that have a group to their database keys. A key never changes, so
 * cached entries stay valid.
 */
export type ConversationKeys = {
  get(conversation: ConversationId): ConversationKey | undefined
  /**
   * Looks up the unknown conversations in one query. Ids that the database does not have stay
   * undefined.
   */
  load(conversations: readonly ConversationId[]): Promise<void>
}

export function createConversationKeys(pool: Pool, limit = maxKnown): ConversationKeys {
  // A Map keeps the order of insertion, so its first entry is the least recently used one.
  const known = new Map<ConversationId, ConversationKey>()

  function get(conversation: ConversationId): ConversationKey | undefined {
    const key = known.get(conversation)
    if (key === undefined) return undefined
    known.delete(conversation)
    known.set(conversation, key)
    return key
  }

  async function load(conversations: readonly ConversationId[]): Promise<void> {
    // `get` marks the known ones as just used, so the loop below does not drop them to make room.
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
