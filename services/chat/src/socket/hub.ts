import type { DeviceId, UserId } from '@fastchat/schema'
import type { DeviceActor, Logger } from '@fastchat/service'
import type { ConversationFeeds } from '../delivery/conversation-feeds.ts'
import type { CursorSaver } from '../delivery/cursor-saver.ts'
import type { Devices } from '../delivery/devices.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import type { Overload } from '../domain/overload.ts'
import type { Leave } from '../domain/places.ts'
import type { DeviceKey, Log, SendResult, Writer } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { TokenBuckets } from '../domain/token-buckets.ts'
import type { Traces } from '../domain/traces.ts'
import type { PodLimits } from '../pod-limits.ts'
import type { Rates } from '../rates.ts'
import type { WriteBatch } from './write-batch.ts'

/** What a connection uses of the pod. */
export type Hub = {
  readonly pod: string
  readonly log: Logger
  readonly verify: (token: string) => Promise<DeviceActor>
  readonly registry: Registry
  readonly store: { readonly log: Log; readonly writer: Writer }
  readonly bus: {
    subscribeUsers(users: Iterable<UserId>): Promise<void>
    unsubscribeUsers(users: Iterable<UserId>): void
  }
  readonly feeds: ConversationFeeds
  readonly devices: Devices
  readonly fanOut: FanOut
  readonly cursors: CursorSaver
  readonly batch: WriteBatch
  readonly traces: Traces | undefined
  readonly counts: { deliveries: number; readonly sends: Map<SendResult, number> }
  /** Sends, by device: a new connection does not bring a new allowance. */
  readonly sends: TokenBuckets<DeviceKey>
  readonly rates: Pick<Rates, 'userSends'>
  readonly limits: PodLimits
  /** For the devices that have come and do not know yet what they have missed. */
  readonly arrivals: { take(): Leave | undefined }
  readonly overload: Pick<Overload, 'refusesSends'>
  /** The device is among the connections that the pod reports. */
  readonly onArrived: (device: DeviceId) => void
  /** Which life of the database this is, as the last sweep knew it: when that turns out to be over, all sockets are closed. */
  readonly dbEpoch: () => string | Promise<string>
  /** Of the monotonic clock. */
  readonly nowMs: () => number
  /** Since 1970. */
  readonly wallMs: () => number
  readonly random: () => number
}
