import type { Prisma, PrismaClient } from '@fastchat/db'
import type { Conversation, ConversationId, Epoch, Seq, UserId } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/service'
import type { Session } from '../domain/ports.ts'
import { conversationKinds, roles } from './entry-kinds.ts'

type Selection = { readonly where: Prisma.ConversationWhereInput; readonly take: number }

/**
 * Returns conversations as the session's device sees them, ordered by id. All facts are of one
 * moment: with the epoch of one and the leaves of another, the server would seem to lie.
 */
export async function readConversationViews(
  prisma: PrismaClient,
  session: Session,
  selection: Selection,
): Promise<Conversation[]> {
  return await prisma.$transaction((snapshot) => readIn(snapshot, session, selection), {
    isolationLevel: 'RepeatableRead',
  })
}

async function readIn(
  prisma: Prisma.TransactionClient,
  { device }: Session,
  { where, take }: Selection,
): Promise<Conversation[]> {
  const found = await prisma.conversation.findMany({
    where,
    take,
    orderBy: { pubId: 'asc' },
    include: {
      members: { include: { user: { select: { pubId: true } } } },
      leaves: { where: { deviceId: device, toSeq: null } },
    },
  })
  const cursors = await prisma.deviceCursor.findMany({
    where: { deviceId: device, conversationId: { in: found.map(({ id }) => id) } },
  })
  const statements = await prisma.message.findMany({
    where: {
      OR: found.flatMap(({ id, members }) => {
        const seqs = members.flatMap(({ departedSeq }) => departedSeq ?? [])
        return seqs.length > 0 ? [{ conversationId: id, seq: { in: seqs } }] : []
      }),
    },
    select: { conversationId: true, envelope: true },
    orderBy: { seq: 'asc' },
  })
  const revoked = await prisma.leaf.findMany({
    where: {
      conversationId: { in: found.map(({ id }) => id) },
      toSeq: null,
      device: { revocation: { not: null } },
    },
    select: { conversationId: true, device: { select: { revocation: true } } },
    orderBy: { leafIndex: 'asc' },
  })
  return found.map((row) => {
    const [leaf] = row.leaves
    const cursor = cursors.find(({ conversationId }) => conversationId === row.id)
    return {
      // Ids and numbers from the database have the form of the schema, because they were checked on
      // the way in.
      conversation: row.pubId as ConversationId,
      kind: conversationKinds[row.kind] ?? 'group',
      groupNo: row.groupNo,
      epoch: Number(row.epoch) as Epoch,
      lastSeq: Number(row.lastSeq) as Seq,
      floorSeq: Number(row.floorSeq) as Seq,
      ...(leaf && {
        leaf: {
          fromSeq: Number(leaf.fromSeq) as Seq,
          leafIndex: leaf.leafIndex,
          cursor: Number(cursor?.ackedSeq ?? 0) as Seq,
        },
      }),
      members: row.members
        .map(({ user, role, departedSeq }) => ({
          userId: user.pubId as UserId,
          role: roles[role] ?? 'member',
          departed: departedSeq !== null,
        }))
        .sort((a, b) => (a.userId < b.userId ? -1 : 1)),
      departures: statements
        .filter(({ conversationId }) => conversationId === row.id)
        .map(({ envelope }) => toBase64Url(envelope)),
      revocations: revoked
        .filter(({ conversationId }) => conversationId === row.id)
        .map(({ device }) => toBase64Url(device.revocation ?? new Uint8Array())),
    }
  })
}
