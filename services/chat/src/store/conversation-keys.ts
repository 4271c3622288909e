import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import { LRUCache } from 'lru-cache'
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
  const known = new LRUCache<ConversationId, ConversationKey>({ max: limit })
  // Each `get` without options would allocate an object for a message.
  const options = {}
  const get = (conversation: ConversationId) => known.get(conversation, options)

  async function load(conversations: readonly ConversationId[]): Promise<void> {
    // `get` marks known ones as used, so making room for the others does not drop them.
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
