import type { Pool, PrismaClient } from '@fastchat/db'
import type { Conversation, ConversationId, Epoch, GroupNo, LogEntry, Seq, UserId } from '@fastchat/schema'
import { handshakesUpTo, type Standing } from '../domain/authorise.ts'
import type { ConversationKey, Session } from '../domain/ports.ts'
import { readConversationViews } from './conversation-view.ts'
import { conversationKinds } from './entry-kinds.ts'
import { type EntriesRequest, readLogEntries } from './log-entries.ts'
import { hasRoom, isReservationFull } from './reservations.ts'
import { readStanding } from './standing.ts'

export type ConversationsDeps = { readonly prisma: PrismaClient; readonly pool: Pool; readonly newId: () => string }
type Page = Pick<EntriesRequest, 'after' | 'maxEntries' | 'only'>
export type Conversations = ReturnType<typeof createConversations>

/** One page of history over HTTP. A client may have to hold it in memory. */
const maxPageBytes = 1024 * 1024
const kinds = { direct: conversationKinds.indexOf('direct'), group: conversationKinds.indexOf('group') }

/** Reads conversations for the REST operations, and reserves new ones. */
export function createConversations({ prisma, pool, newId }: ConversationsDeps) {
  /**
   * Reserves or finds the only direct conversation of these two users. Returns undefined if the
   * peer does not exist, and `full` as described at `hasRoom`.
   */
  async function reserveDirect({ user }: Session, peer: UserId): Promise<ConversationKey | 'full' | undefined> {
    await pool.query(
      `insert into conversation (pub_id, kind, pair_low, pair_high, creator_id)
       select $1, ${kinds.direct}, least(u.id, $2), greatest(u.id, $2), $2 from "user" u
       where u.pub_id = $3 and ${hasRoom('$2')}
       on conflict (pair_low, pair_high) do nothing`,
      [newId(), user, peer],
    )
    // A separate statement sees a row that another request inserted in the meantime.
    const { rows } = await pool.query<{ key: ConversationKey }>(
      `select c.id as key from conversation c join "user" u on u.pub_id = $2
       where c.pair_low = least(u.id, $1) and c.pair_high = greatest(u.id, $1)`,
      [user, peer],
    )
    return rows[0]?.key ?? ((await isReservationFull(pool, user)) ? 'full' : undefined)
  }

  /**
   * Reserves or finds a group under the id that its creator chose. Returns undefined if another
   * user has this id, and `full` as described at `hasRoom`.
   */
  async function reserveGroup(
    { user }: Session,
    conversation: ConversationId,
  ): Promise<ConversationKey | 'full' | undefined> {
    await pool.query(
      `insert into conversation (pub_id, kind, creator_id)
       select $1::uuid, ${kinds.group}, $2::bigint where ${hasRoom('$2')}
       on conflict (pub_id) do nothing`,
      [conversation, user],
    )
    const { rows } = await pool.query<{ key: ConversationKey }>(
      `select id as key from conversation where pub_id = $1 and kind = ${kinds.group} and creator_id = $2`,
      [conversation, user],
    )
    return rows[0]?.key ?? ((await isReservationFull(pool, user)) ? 'full' : undefined)
  }

  async function view(session: Session, key: ConversationKey): Promise<Conversation | undefined> {
    const [found] = await readConversationViews(prisma, session, { where: { id: key }, take: 1 })
    return found
  }

  /** Returns the conversations of the user, ordered by id, starting behind `after`. */
  function list(session: Session, after: ConversationId | undefined, take: number): Promise<Conversation[]> {
    const where = {
      members: { some: { userId: session.user } },
      ...(after !== undefined && { pubId: { gt: after } }),
    }
    return readConversationViews(prisma, session, { where, take })
  }

  /** Returns undefined while the conversation has no group. */
  async function groupInfo(key: ConversationKey) {
    const found = await prisma.groupInfo.findUnique({ where: { conversationId: key } })
    if (!found) return undefined
    // The first commit creates the row, so its group has a number from 1 and an epoch.
    return {
      groupNo: found.groupNo as GroupNo,
      epoch: Number(found.epoch) as Epoch,
      groupInfo: Buffer.from(found.body),
    }
  }

  /** Returns the newest stored group info of group `groupNo` at or before `epoch`. */
  async function pastGroupInfo(key: ConversationKey, groupNo: number, epoch: number) {
    // The cast to bigint allows a number above that of any group.
    const { rows } = await pool.query<{ groupNo: GroupNo; epoch: Epoch; seq: Seq; groupInfo: Buffer }>({
      name: 'past_group_info',
      text: `
        select group_no as "groupNo", epoch, seq, body as "groupInfo" from group_info_past
        where conversation_id = $1 and group_no = $2::bigint and epoch <= $3 order by epoch desc limit 1`,
      values: [key, groupNo, epoch],
    })
    return rows[0]
  }

  /**
   * Returns the welcome for the device's leaf that began at `seq`; without `seq`, for its current
   * leaf. Returns undefined if the device has no leaf there, or made it by its own commit.
   */
  async function welcome({ device }: Session, key: ConversationKey, seq: number | undefined) {
    const wanted = seq === undefined ? { toSeq: null } : { fromSeq: seq }
    const leaf = await prisma.leaf.findFirst({ where: { conversationId: key, deviceId: device, ...wanted } })
    if (!leaf) return undefined
    const place = { conversationId: key, seq: leaf.fromSeq }
    const found = await prisma.welcome.findUnique({ where: { conversationId_seq: place } })
    const commit = await prisma.message.findUnique({
      where: { conversationId_seq: place },
      select: { senderDevice: true },
    })
    if (!found || commit?.senderDevice === BigInt(device)) return undefined
    // The numbers have the types that a leaf row has.
    return {
      seq: Number(leaf.fromSeq) as Seq,
      groupNo: leaf.groupNo as GroupNo,
      welcome: Buffer.from(found.body),
      priorContext: Buffer.from(found.priorContext),
      priorTag: Buffer.from(found.priorTag),
    }
  }

  /**
   * Returns the entries after `after` that the device may receive, oldest first. With `only:
   * 'handshakes'`, returns all handshakes that it may see.
   */
  function entries({ device }: Session, standing: Standing, page: Page): Promise<LogEntry[]> {
    return readLogEntries(pool, {
      ...page,
      key: standing.key,
      device,
      handshakesUpTo: page.only && handshakesUpTo(standing),
      maxBytes: maxPageBytes,
    })
  }

  /** Returns one whole entry if the device may receive it, or may see it as a handshake. */
  async function entry({ device }: Session, standing: Standing, seq: number): Promise<LogEntry | undefined> {
    const [found] = await readLogEntries(pool, {
      key: standing.key,
      device,
      handshakesUpTo: handshakesUpTo(standing),
      after: seq - 1,
      maxEntries: 1,
      maxBytes: 1,
      isWhole: true,
    })
    return found?.seq === seq ? found : undefined
  }

  return {
    standing: (session: Session, conversation: ConversationId) => readStanding(pool, session, conversation),
    reserveDirect,
    reserveGroup,
    view,
    list,
    groupInfo,
    pastGroupInfo,
    welcome,
    entries,
    entry,
  }
}
