import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'

/** What a process of clients is told, and what it answers; over the IPC channel that it was started with. */
export type Call =
  /** So many messages a second, by all devices of the process together; 0: no more. */
  | { readonly t: 'send'; readonly perSecond: number }
  /** Every device goes and comes back. */
  | { readonly t: 'reconnect' }
  /** What encrypting devices store fails, or no longer. */
  | { readonly t: 'disk'; readonly isFull: boolean }
  | { readonly t: 'status' }

export type Status = {
  readonly t: 'status'
  readonly acked: number
  /** How often its devices have come online. */
  readonly connects: number
  /** Sends that were refused, whether or not they may be tried again, by code; only of light devices. */
  readonly refusals: Readonly<Record<string, number>>
  /** Queued and not acked. */
  readonly pending: number
  readonly isOnline: boolean
  readonly undecryptable: number
  /** What went wrong, as its devices' users were told. */
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
  readonly journal: string
  readonly url: string
  readonly people: readonly { readonly store: string; readonly key: string }[]
}
