import type { BackupStatus, PrivacySettings } from '@fastchat/client'
import type { DeviceId, UserId } from '@fastchat/schema'

/** Something that happened to the account elsewhere, until a person has looked at it. */
export type AccountNews =
  | { readonly kind: 'signIn'; readonly deviceId: DeviceId; readonly name?: string; readonly at?: string }
  | { readonly kind: 'idle'; readonly deviceId: DeviceId; readonly name: string }
  | { readonly kind: 'password'; readonly by: 'password' | 'recovery' }

/** The state of the account that the settings page and the notices above the chats show. */
export type SettingsState = {
  readonly privacy: PrivacySettings
  readonly backup: BackupStatus
  readonly blocked: readonly { readonly userId: UserId; readonly name: string }[]
  readonly news: readonly AccountNews[]
  /** The person has said that they kept the recovery key, or when they put it off. */
  readonly recovery: { readonly isKept: boolean; readonly laterAt?: number }
}

export type TaskKind = 'backup' | 'export' | 'delete'

/** Work that takes its time. `of` is absent when its size is not known. */
export type Task = {
  readonly kind: TaskKind
  readonly done: number
  readonly of?: number
  readonly isOver: boolean
}
