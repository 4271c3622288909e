import type { DeviceId, UserId } from '@fastchat/schema'

/** A registered device with a valid access token. */
export type DeviceActor = {
  readonly scope: 'device'
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly sessionId: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** A person who has signed in and whose device is not registered, or not yet recognised. */
export type EnrolActor = { readonly scope: 'enrol'; readonly userId: UserId }

export type Actor = DeviceActor | EnrolActor

/** `aud` of each kind of token: one kind is never taken for the other. */
export const audiences = { device: 'fastchat', enrol: 'fastchat-enrol' } as const
