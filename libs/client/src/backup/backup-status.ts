import type { DeviceId } from '@fastchat/schema'

/** The history that this device gets from another device of the account. */
export type HandoverStatus = {
  /** `none`: this device has not asked. `asked`: no device has answered yet. */
  readonly state: 'none' | 'asked' | 'arriving' | 'done'
  readonly parts: { readonly done: number; readonly of: number }
  readonly lines: number
  readonly from?: DeviceId
}

/** The backup of an account's history, as this device knows it. */
export type BackupStatus = {
  /** `no_key`: this device gets the key when the password is entered the next time. */
  readonly state: 'on' | 'off' | 'no_key'
  readonly version: number
  /** The number of the key under which new lines are stored. */
  readonly generation: number
  readonly chats: number
  readonly segments: number
  readonly lines: number
  /** The bytes that the segments take at the server. */
  readonly bytes: number
  /** Whether the backup has everything that this device has stored. */
  readonly isUpToDate: boolean
  /** When this device has stored something last, in milliseconds since 1970. */
  readonly savedAt?: number
  /** How many segments of those that were new to this device are restored. */
  readonly restored: { readonly done: number; readonly of: number }
  /** Segments that the server did not give. */
  readonly missing: number
  /** The history that comes from another device of the account, beside the backup. */
  readonly fromDevice: HandoverStatus
  /** The code of the error that ended the last attempt. */
  readonly problem?: string
}
