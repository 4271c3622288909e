import type { WallMs } from '@fastchat/clock'
import type { PrismaClient } from '@fastchat/db'
import type { DeviceId } from '@fastchat/schema'
import type { KeyPackageStore, NewKeyPackage } from '../domain/key-packages.ts'

type ClaimRow = { deviceId: DeviceId; oneTime: Uint8Array | null; lastResort: Uint8Array | null }

/** The class of the uploads' advisory locks. */
const uploads = 1

/**
 * Selects unused one-time packages. A package that was given out stays without its body until it
 * expires. If it is uploaded again, its ref is taken, so it is not given out a second time.
 */
export const unused = { lastResort: false, body: { not: new Uint8Array() } }

/** Rolls the transaction back when the stock is full. It never leaves this file. */
class Full extends Error {}

export function createKeyPackageStore(prisma: PrismaClient, wallMs: () => WallMs): KeyPackageStore {
  return {
    async add(deviceId, { oneTime, lastResort }, max) {
      try {
        return await prisma.$transaction(async (tx) => {
          // The lock makes uploads of one device count one after the other. It is an advisory lock,
          // because commits that add the device would wait for a lock on its row.
          const [device] = await tx.$queryRaw<{ id: bigint }[]>`
            select d.id from device d, pg_advisory_xact_lock(${uploads}, hashint8(d.id)) where d.pub_id = ${deviceId}::uuid`
          if (!device) return 0
          await tx.keyPackage.deleteMany({ where: { deviceId: device.id, notAfter: { lte: new Date(wallMs()) } } })
          if (lastResort) await tx.keyPackage.deleteMany({ where: { deviceId: device.id, lastResort: true } })
          await tx.keyPackage.createMany({
            data: [
              ...oneTime.map((it) => toRow(device.id, it, false)),
              ...(lastResort ? [toRow(device.id, lastResort, true)] : []),
            ],
            skipDuplicates: true, // a repeated upload whose answer was lost
          })
          const count = await tx.keyPackage.count({ where: { deviceId: device.id, ...unused } })
          if (count > max) throw new Full()
          return count
        })
      } catch (error) {
        if (error instanceof Full) return undefined
        throw error
      }
    },
    async stock(deviceId) {
      const usable = { device: { pubId: deviceId }, notAfter: { gt: new Date(wallMs()) } }
      const [count, lastResorts] = await Promise.all([
        prisma.keyPackage.count({ where: { ...usable, ...unused } }),
        prisma.keyPackage.count({ where: { ...usable, lastResort: true } }),
      ])
      return { count, lastResort: lastResorts > 0 }
    },
    async claim(userId, except, oneTime) {
      // One statement takes and returns the packages, and skips those that another claimer holds.
      // `picked` is materialised, because a second evaluation would lock, and so lose, other
      // packages.
      const rows = await prisma.$queryRaw<ClaimRow[]>`
        with target as (
          select d.id, d.pub_id from device d join "user" u on u.id = d.user_id
          where u.pub_id = ${userId}::uuid and d.revoked_at is null and d.pub_id <> ${except}::uuid
        ), picked as materialized (
          select one.id, one.body, t.id as device_id from target t cross join lateral (
            select k.id, k.body from key_package k
            where ${oneTime} and k.device_id = t.id and not k.last_resort and k.body <> '' and k.not_after > now()
            order by k.id limit 1 for update skip locked
          ) one
        ), claimed as (
          update key_package k set body = '' from picked p where k.id = p.id returning p.device_id, p.body
        )
        select t.pub_id as "deviceId", c.body as "oneTime", l.body as "lastResort"
        from target t left join claimed c on c.device_id = t.id
        left join key_package l on l.device_id = t.id and l.last_resort and l.not_after > now()
        order by t.id`
      return rows.map(({ deviceId, oneTime, lastResort }) => ({
        deviceId,
        body: oneTime ?? lastResort ?? undefined,
        lastResort: oneTime === null && lastResort !== null,
      }))
    },
  }
}

const toRow = (deviceId: bigint, { ref, body, notAfter }: NewKeyPackage, lastResort: boolean) => ({
  deviceId,
  ref: new Uint8Array(ref),
  body: new Uint8Array(body),
  lastResort,
  notAfter,
})
