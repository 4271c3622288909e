import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'

/** A call to a process of clients, over its IPC channel. */
export type Call =
  /** All devices of the process together send this many messages per second; 0 stops them. */
  | { readonly t: 'send'; readonly perSecond: number }
  /** Every device disconnects and reconnects. */
  | { readonly t: 'reconnect' }
  /** Writes of encrypting devices begin to fail, or succeed again. */
  | { readonly t: 'disk'; readonly isFull: boolean }
  | { readonly t: 'status' }

export type Status = {
  readonly t: 'status'
  readonly acked: number
  /** How often the devices have come online. */
  readonly connects: number
  /** Rejected sends by error code, those that may be retried included. Light devices only. */
  readonly refusals: Readonly<Record<string, number>>
  /** Messages that are queued and not acked. */
  readonly pending: number
  readonly isOnline: boolean
  readonly undecryptable: number
  /** The number of errors reported to the devices' users. */
  readonly troubles: number
  readonly cursors: readonly {
    readonly device: DeviceId
    readonly conversation: ConversationId
    readonly seq: number
  }[]
}

export type LightPlan = {
  readonly journal: string
  readonly seed: number
  readonly pods: readonly string[]
  readonly origin: string
  readonly signingKeysFile: string
  readonly devices: readonly { readonly deviceId: DeviceId; readonly userId: UserId }[]
  readonly conversations: readonly {
    readonly conversation: ConversationId
    /** Indexes in `devices`. */
    readonly members: readonly number[]
  }[]
}

export type SdkPlan = {
  readonly seed: number
  readonly journal: string
  readonly url: string
  readonly people: readonly { readonly store: string; readonly key: string }[]
}
