import { HandshakeError, type PublicGroup, publicGroupOf, readGroupInfo } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import { LRUCache } from 'lru-cache'
import type { ConversationKey } from '../domain/ports.ts'

type GroupEpoch = { readonly groupNo: number; readonly epoch: number }
type CachedGroup = GroupEpoch & { readonly group: PublicGroup }

/** The limit for all cached groups together. A node takes about 3 KB of memory. */
const maxNodes = 20_000

/**
 * Caches the public groups of conversations, read from the group info of their current epoch. The
 * group info was checked when it was stored. A cached group keeps the hashes of its tree, so a
 * commit to a large group costs only a few hashes.
 */
export function createPublicGroups(pool: Pool) {
  const cache = new LRUCache<ConversationKey, CachedGroup>({
    maxSize: maxNodes,
    sizeCalculation: ({ group }) => group.tree.nodes.length,
  })

  /**
   * Returns the group at this epoch. Returns undefined if the group has moved on, or if its group
   * info follows former rules and only a new group can continue the conversation.
   */
  async function at(key: ConversationKey, { groupNo, epoch }: GroupEpoch): Promise<PublicGroup | undefined> {
    const known = cache.get(key)
    if (known?.groupNo === groupNo && known.epoch === epoch) return known.group
    const { rows } = await pool.query<{ body: Buffer }>({
      name: 'group_info',
      text: 'select body from group_info where conversation_id = $1 and group_no = $2 and epoch = $3',
      values: [key, groupNo, epoch],
    })
    const [row] = rows
    if (row === undefined) return undefined
    const group = readPublicGroup(row.body)
    if (group !== undefined) cache.set(key, { groupNo, epoch, group })
    return group
  }

  /** Caches the group as it is after an accepted commit. */
  function follow(key: ConversationKey, { groupNo, epoch }: GroupEpoch, group: PublicGroup): void {
    cache.set(key, { groupNo, epoch, group })
  }

  return { at, follow }
}

function readPublicGroup(groupInfo: Uint8Array): PublicGroup | undefined {
  try {
    return publicGroupOf(readGroupInfo(groupInfo))
  } catch (error) {
    if (error instanceof HandshakeError) return undefined
    throw error
  }
}
