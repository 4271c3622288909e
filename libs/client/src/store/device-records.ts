import type { DeviceId, Kdf, UserId } from '@fastchat/schema'

/** The owner of this store. Keys are base64url. */
export type Identity = {
  readonly userId: UserId
  readonly username: string
  readonly deviceId: DeviceId
  readonly deviceName: string
  /** This device says that it is a terminal, browser, bot, or another word. */
  readonly deviceKind?: string
  readonly accountKey: string
  readonly credentialSig: string
  readonly signaturePrivate: string
  readonly signaturePublic: string
  readonly kdf?: Kdf
  /**
   * The key that seals the account state. Absent on a device that logged in before accounts had
   * one.
   */
  readonly stateKey?: string
}

/** The session of this device. Absent after logout. */
export type SessionRecord = { readonly refreshToken: string }

/** The knowledge of a user, from look-ups in the directory. */
export type Pin = {
  /**
   * The key that the directory showed at the first look-up. Absent for an account that was deleted
   * before.
   */
  readonly accountKey?: string
  /** The name that the account key has signed. */
  readonly username?: string
  /** The name that the directory gives a user who has not signed one. */
  readonly claimed?: string
  readonly deleted?: true
  /** The later claims of the directory that were reported in the chats with this user. */
  readonly told?: readonly string[]
  /** Another key that the directory or another own device shows for this user since then. */
  readonly rival?: string
  /** Other keys that this person has compared and refused. They stop nothing any more. */
  readonly refused?: readonly string[]
}

export type KeyPackageRecord = {
  readonly privateBytes: string
  readonly lastResort: boolean
  readonly createdAt: number
  /**
   * The time at which a last-resort package was used or replaced. It is kept for a while, for
   * welcomes on their way.
   */
  readonly retiredAt?: number
}
