import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import { LRUCache } from 'lru-cache'
import type { ConversationKey } from '../domain/ports.ts'

/**
 * A full cache takes about 10 MB. It drops the least recently used entries first. One batch asks
 * for far fewer conversations.
 */
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
  const known = new LRUCache<ConversationId, ConversationKey>({ max: limit })
  // Without shared options, each `get` would allocate an object for every message.
  const options = {}
  const get = (conversation: ConversationId) => known.get(conversation, options)

  async function load(conversations: readonly ConversationId[]): Promise<void> {
    // `get` marks the known ones as just used, so they are not dropped to make room for the others.
    const missing = [...new Set(conversations)].filter((conversation) => get(conversation) === undefined)
    if (missing.length === 0) return
    const { rows } = await pool.query<{ conversation: ConversationId; key: ConversationKey }>({
      name: 'conversation_keys',
      text: `select pub_id as conversation, id as key from conversation where pub_id = any ($1::uuid[]) and group_no > 0`,
      values: [missing],
    })
    for (const { conversation, key } of rows) known.set(conversation, key)
  }

  return { get, load }
}
