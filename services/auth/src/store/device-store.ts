import type { WallMs } from '@fastchat/clock'
import type { PrismaClient } from '@fastchat/db'
import type { DeviceId, UserId } from '@fastchat/schema'
import type { Device, DeviceStore, ListedDevice } from '../domain/devices.ts'
import { unused } from './key-package-store.ts'

/**
 * One transaction of a revocation locks this many conversations, for about a tenth of a second. Few
 * devices are in more.
 */
const conversationsAtOnce = 1_000

export function createDeviceStore(prisma: PrismaClient, wallMs: () => WallMs): DeviceStore {
  const select = (now: Date) =>
    ({
      pubId: true,
      name: true,
      signatureKey: true,
      credentialSig: true,
      createdAt: true,
      kind: true,
      label: true,
      user: { select: { pubId: true } },
      _count: { select: { keyPackages: { where: { ...unused, notAfter: { gt: now } } } } },
    }) as const

  return {
    add: ({ deviceId, userId, name, signatureKey, credentialSig, kind, label }, maxDevices) =>
      prisma.$transaction(async (tx) => {
        // The lock makes registrations of one user count one after the other. It is `no key`,
        // because a commit that names the user as a member holds its conversation and must not
        // wait.
        const [owner] = await tx.$queryRaw<{ id: bigint }[]>`
          select id from "user" where pub_id = ${userId}::uuid and deleted_at is null for no key update`
        if (!owner) return 'exists'
        if ((await tx.device.count({ where: { userId: owner.id, revokedAt: null } })) >= maxDevices) return 'too_many'
        const [row] = await tx.$queryRaw<{ created_at: Date }[]>`
          insert into device (pub_id, user_id, name, signature_key, credential_sig, kind, label)
          values (${deviceId}::uuid, ${owner.id}, ${name}, ${signatureKey}, ${credentialSig},
            ${kind ?? null}, ${label ?? null}::bytea)
          on conflict do nothing
          returning created_at`
        if (!row) return 'exists'
        const optional = { ...(kind !== undefined && { kind }), ...(label && { label }) }
        const given = { deviceId, userId, name, signatureKey, credentialSig, ...optional }
        return { ...given, createdAt: row.created_at, keyPackages: 0 }
      }),
    async passwordNo(userId) {
      const row = await prisma.user.findUnique({ where: { pubId: userId }, select: { passwordNo: true } })
      return row?.passwordNo
    },
    async list(userId) {
      const rows = await prisma.device.findMany({
        where: { user: { pubId: userId }, revokedAt: null },
        select: { ...select(new Date(wallMs())), sessions: { select: sessionFields } },
        orderBy: { id: 'asc' },
      })
      return rows.map((row) => toListed(row, wallMs()))
    },
    async name({ userId, deviceId, name, label }) {
      const named = await prisma.$executeRaw`
        update device d set name = ${name}, label = ${label ?? null}::bytea
        from "user" u
        where u.id = d.user_id and u.pub_id = ${userId}::uuid and d.pub_id = ${deviceId}::uuid and d.revoked_at is null`
      return named > 0
    },
    async byIdleness(userId) {
      const rows = await prisma.$queryRaw<{ deviceId: DeviceId; name: string; usedAt: Date }[]>`
        select d.pub_id as "deviceId", d.name, greatest(d.created_at, max(t.rotated_at)) as "usedAt"
        from device d join "user" u on u.id = d.user_id left join refresh_token t on t.device_id = d.id
        where u.pub_id = ${userId}::uuid and d.revoked_at is null
        group by d.id order by "usedAt", d.id`
      return rows.map((row) => ({ ...row, usedAt: row.usedAt.toISOString() }))
    },
    async find(userId, deviceId) {
      const row = await prisma.device.findFirst({
        where: { pubId: deviceId, user: { pubId: userId }, revokedAt: null },
        select: select(new Date(wallMs())),
      })
      return row ? toDevice(row) : undefined
    },
    async revoke({ userId, deviceId, by, statement }) {
      for (;;) {
        const [row] = await prisma.$queryRaw<{ told: number | null }[]>`
          select revoke_device(${userId}::uuid, ${deviceId}::uuid, ${by}::uuid, ${statement}, ${conversationsAtOnce}::int) as told`
        const told = row?.told ?? undefined
        if (told === undefined) return false
        if (told < conversationsAtOnce) return true
      }
    },
    async revocationOf(userId, deviceId) {
      const row = await prisma.device.findFirst({
        where: { pubId: deviceId, user: { pubId: userId } },
        select: { revocation: true },
      })
      return row?.revocation ?? undefined
    },
  }
}

const sessionFields = { rotatedAt: true, revokedAt: true, expiresAt: true, idleAt: true } as const
const hourMs = 3_600_000

type SessionRow = { rotatedAt: Date; revokedAt: Date | null; expiresAt: Date; idleAt: Date | null }

/** A device has one session at most. */
function toListed({ sessions, ...row }: DeviceRow & { sessions: SessionRow[] }, now: WallMs): ListedDevice {
  const [last] = sessions
  const used = Math.max(row.createdAt.getTime(), last?.rotatedAt.getTime() ?? 0)
  return {
    ...toDevice(row),
    usedAt: new Date(Math.floor(used / hourMs) * hourMs),
    session: stateOf(last, now),
  }
}

function stateOf(session: SessionRow | undefined, now: WallMs): ListedDevice['session'] {
  if (!session) return 'ended'
  if (session.idleAt || (!session.revokedAt && session.expiresAt.getTime() <= now)) return 'idle'
  return session.revokedAt ? 'ended' : 'open'
}

type DeviceRow = {
  pubId: string
  name: string
  signatureKey: Uint8Array
  credentialSig: Uint8Array
  createdAt: Date
  user: { pubId: string }
  kind: string | null
  label: Uint8Array | null
  _count: { keyPackages: number }
}

function toDevice(row: DeviceRow): Device {
  const { pubId, user, _count, kind, label, ...given } = row
  const rest = { ...given, ...(kind !== null && { kind }), ...(label && { label }) }
  // The casts hold, because only ids of that brand are stored.
  return { ...rest, deviceId: pubId as DeviceId, userId: user.pubId as UserId, keyPackages: _count.keyPackages }
}
