import { parseGroupId } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import type { ConversationKind } from '@fastchat/schema'
import type { ConversationKey, Delivery, DeviceKey, LeafDelta, UserKey } from '../domain/ports.ts'
import { conversationKinds, entryKinds } from './entry-kinds.ts'
import { type EntriesRequest, type EntryRow, readEntryRows } from './log-entries.ts'
import { messageFrame } from './message-frame.ts'

/**
 * The bytes of a commit that hold its group id. MLSMessage and PublicMessage have 4 bytes before
 * it, and one byte with its length.
 */
const groupIdAt = { begin: 5, end: 25 }

/** Reads a page as `EntryLog.page` describes. */
export async function readPage(pool: Pool, request: EntriesRequest): Promise<Delivery[]> {
  const rows = await readEntryRows(pool, request)
  const commits = rows.filter((row) => entryKinds[row.kind] === 'commit')
  const changes = commits.length > 0 ? await readLeafChanges(pool, request.key, commits) : undefined
  return rows.map((row) => {
    const kind = kindOf(entryKinds, row.kind)
    const envelope = row.envelope ?? { size: row.size }
    const frame = messageFrame({ ...row, kind, envelope })
    const entry = { conversation: row.conversation, key: request.key, seq: row.seq, kind, frame }
    const delta = changes && kind === 'commit' ? deltaOf(row, changes) : undefined
    return delta ? { ...entry, delta } : entry
  })
}

type LeafChange = { device: DeviceKey; from_seq: number; to_seq: number | null }
type LeafChanges = {
  readonly leaves: readonly LeafChange[]
  readonly invited: readonly UserKey[]
  readonly lastCommit: number
}

/**
 * Reads which leaves the commits added and removed. `invited` are the members who have a device
 * without a leaf now. The log does not say which commit made them members, so the last commit of
 * the page names them all. An invitation is a hint and may come twice.
 */
async function readLeafChanges(pool: Pool, key: ConversationKey, commits: readonly EntryRow[]): Promise<LeafChanges> {
  const seqs = commits.map(({ seq }) => seq)
  const leaves = await pool.query<LeafChange>({
    name: 'log_leaf_changes',
    text: `select device_id as device, from_seq, to_seq from leaf
           where conversation_id = $1 and (from_seq = any ($2) or to_seq = any ($2))`,
    values: [key, seqs],
  })
  const invited = await pool.query<{ user: UserKey }>({
    name: 'log_invited',
    text: `
      select m.user_id as user from member m
      where m.conversation_id = $1 and m.departed_seq is null and exists (
        select from device d where d.user_id = m.user_id and d.revoked_at is null and not exists (
          select from leaf l where l.conversation_id = $1 and l.device_id = d.id and l.to_seq is null))`,
    values: [key],
  })
  return { leaves: leaves.rows, invited: invited.rows.map(({ user }) => user), lastCommit: Math.max(...seqs) }
}

function deltaOf({ seq, head, conversationKind }: EntryRow, { leaves, invited, lastCommit }: LeafChanges): LeafDelta {
  return {
    added: leaves.filter((leaf) => leaf.from_seq === seq).map(({ device }) => device),
    removed: leaves.filter((leaf) => leaf.to_seq === seq).map(({ device }) => device),
    invited: seq === lastCommit ? invited : [],
    kind: kindOf<ConversationKind>(conversationKinds, conversationKind),
    groupNo: parseGroupId(head.subarray(groupIdAt.begin, groupIdAt.end)).groupNo,
  }
}

function kindOf<T>(kinds: readonly T[], value: number): T {
  const kind = kinds[value]
  if (kind === undefined) throw new Error(`unknown kind ${value} in the database`)
  return kind
}
