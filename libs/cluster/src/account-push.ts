import type { AccountPart, DeviceId, UserId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import { createKeys } from './keys.ts'
import { busKey, sealPacket } from './packet.ts'

/** The event by which a service tells the pods that something of a user's account changed. */
export type AccountEvent = {
  readonly t: 'account'
  readonly changed: AccountPart
  /** The device that made the change: it knows, so it is not told. */
  readonly by?: DeviceId
}

export type AccountPushOptions = {
  readonly redis: Commands
  readonly isCluster: boolean
  /** The secret that pods share. */
  readonly hmacKey: Uint8Array
  /** The boot id of this process. */
  readonly origin: string
  readonly prefix?: string
}

/**
 * Tells the devices of a user that a part of the account changed, except the device `by`. It does
 * not wait, and a push may get lost: devices also look at each connection.
 */
export type PushAccount = (user: UserId, changed: AccountPart, by?: DeviceId) => void

/**
 * Returns a function that publishes account events on the channel of the user. The pods on which
 * the user has devices subscribe to it.
 */
export function createAccountPush({ redis, isCluster, hmacKey, origin, prefix }: AccountPushOptions): PushAccount {
  const key = busKey(hmacKey)
  const keys = createKeys(prefix)
  return (user, changed, by) => {
    const event: AccountEvent = { t: 'account', changed, ...(by !== undefined && { by }) }
    const channel = keys.user(user)
    const packet = sealPacket(key, channel, { origin }, Buffer.from(JSON.stringify(event)))
    const published = isCluster ? redis.spublish(channel, packet) : redis.publish(channel, packet)
    published.catch(() => undefined) // the connection logs its own failure
  }
}
