import { HandshakeError, type PublicGroup, publicGroupOf, readGroupInfo } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import { LRUCache } from 'lru-cache'
import type { ConversationKey } from '../domain/ports.ts'

type GroupEpoch = { readonly groupNo: number; readonly epoch: number }
type Kept = GroupEpoch & { readonly group: PublicGroup }

/** Of all groups that are kept: a node takes some 3 KB in memory. */
const maxNodes = 20_000

/**
 * The public groups of conversations, by the group info of their current epoch, which was checked when it was stored. Lately used
 * ones stay in memory with the hashes of their trees: so a commit to a large group costs a few hashes.
 */
export function createPublicGroups(pool: Pool) {
  const kept = new LRUCache<ConversationKey, Kept>({
    maxSize: maxNodes,
    sizeCalculation: ({ group }) => group.tree.nodes.length,
  })

  /** Undefined: the group has moved on, or is of the rules before and goes on as the next one only. */
  async function at(key: ConversationKey, { groupNo, epoch }: GroupEpoch): Promise<PublicGroup | undefined> {
    const known = kept.get(key)
    if (known?.groupNo === groupNo && known.epoch === epoch) return known.group
    const { rows } = await pool.query<{ body: Buffer }>({
      name: 'group_info',
      text: 'select body from group_info where conversation_id = $1 and group_no = $2 and epoch = $3',
      values: [key, groupNo, epoch],
    })
    const [row] = rows
    if (row === undefined) return undefined
    const group = ofTheseRules(row.body)
    if (group !== undefined) kept.set(key, { groupNo, epoch, group })
    return group
  }

  /** The group after a commit that was accepted. */
  function follow(key: ConversationKey, { groupNo, epoch }: GroupEpoch, group: PublicGroup): void {
    kept.set(key, { groupNo, epoch, group })
  }

  return { at, follow }
}

function ofTheseRules(groupInfo: Uint8Array): PublicGroup | undefined {
  try {
    return publicGroupOf(readGroupInfo(groupInfo))
  } catch (error) {
    if (error instanceof HandshakeError) return undefined
    throw error
  }
}
