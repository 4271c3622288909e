import type { DeviceId, UserId } from '@fastchat/schema'
import type { LeafDelta, Session } from './ports.ts'

/** The claims of an access token: a user, a device and a login session. */
export type Caller = { readonly userId: UserId; readonly deviceId: DeviceId; readonly sessionId: string }

export type Arrival = {
  readonly session: Session
  /**
   * Orders the connections of one device across pods, by the database's clock. If that clock is set
   * back, an older connection on another pod may outlive a newer one until it falls silent.
   */
  readonly order: number
}

/** Users and devices as the auth service registered them. */
export type Registry = {
  /**
   * Looks up a device. Undefined if the user has no such device, it was revoked, or the login
   * session was ended.
   */
  arrive(who: Caller): Promise<Arrival | undefined>
  /** Returns the users whose devices may have something new to read or to join after `delta`. */
  concernedBy(delta: LeafDelta): Promise<readonly UserId[]>
}
