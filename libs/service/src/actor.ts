import type { DeviceId, UserId } from '@fastchat/schema'

/** A registered device with a valid access token. */
export type DeviceActor = {
  readonly scope: 'device'
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly sessionId: string
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** A user who has logged in from a device that is not registered or has no session yet. */
export type EnrolActor = {
  readonly scope: 'enrol'
  readonly userId: UserId
  /** The number of the password that they had then. Absent in tokens of the version before. */
  readonly passwordNo?: number
  /** The login was by the recovery key. */
  readonly isRecovered?: boolean
}

export type Actor = DeviceActor | EnrolActor

/** The `aud` of each kind of token, so none passes for the other kind. */
export const audiences = { device: 'fastchat', enrol: 'fastchat-enrol' } as const
