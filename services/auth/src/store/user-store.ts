import type { PrismaClient } from '@fastchat/db'
import type { UserId } from '@fastchat/schema'
import type { User, Users } from '../domain/users.ts'

const columns = { pubId: true, username: true, accountKey: true, nameSig: true, deletedAt: true } as const
type Row = {
  pubId: string
  username: string
  accountKey: Uint8Array
  nameSig: Uint8Array | null
  deletedAt?: Date | null
}

/** A letter above all letters of usernames. */
const afterAll = '\x7f'
const letters = /^[a-z0-9._-]*$/

export function createUserStore(prisma: PrismaClient): Users {
  return {
    async search(prefix, after, limit) {
      if (!letters.test(prefix)) return { users: [] }
      // These operators compare bytes in every collation, and the index supports them.
      const rows = await prisma.$queryRaw<Row[]>`
        select pub_id as "pubId", username, account_key as "accountKey", name_sig as "nameSig" from "user"
        where deleted_at is null and username ~>=~ ${prefix} and username ~<~ ${prefix + afterAll} and username ~>~ ${after ?? ''}
        order by username using ~<~ limit ${limit + 1}`
      const users = rows.slice(0, limit).map(toUser)
      const last = users.at(-1)
      return rows.length > limit && last ? { users, next: last.username } : { users }
    },
    byIds: async (ids) => {
      const rows = await prisma.user.findMany({ where: { pubId: { in: [...ids] } }, select: columns })
      return rows.map(toUser)
    },
    byName: async (username) => {
      const row = await prisma.user.findUnique({ where: { username, deletedAt: null }, select: columns })
      return row ? toUser(row) : undefined
    },
    byId: async (pubId) => {
      const row = await prisma.user.findUnique({ where: { pubId }, select: columns })
      return row ? toUser(row) : undefined
    },
  }
}

/** The cast holds, because only ids of that brand are stored. */
const toUser = ({ pubId, username, accountKey, nameSig, deletedAt }: Row): User => ({
  userId: pubId as UserId,
  username,
  accountKey,
  ...(nameSig && { nameSig }),
  ...(deletedAt && { isDeleted: true }),
})
