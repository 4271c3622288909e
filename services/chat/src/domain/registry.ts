import type { DeviceId, UserId } from '@fastchat/schema'
import type { LeafDelta, Session } from './ports.ts'

/** Who a token says that it is of. */
export type Caller = { readonly userId: UserId; readonly deviceId: DeviceId; readonly sessionId: string }

export type Arrival = {
  readonly session: Session
  /**
   * Grows from one connection of a device to the next, whichever pods they reach: the database's clock. Should that be set
   * back, a connection on another pod may outlive a newer one until it is found silent.
   */
  readonly order: number
}

/** Who exists, as far as the sockets must know. */
export type Registry = {
  /** Undefined if there is no such device of that user, it was revoked, or the session was ended. */
  arrive(who: Caller): Promise<Arrival | undefined>
  /** Whose devices may have something new to read or to join after `delta`. */
  concernedBy(delta: LeafDelta): Promise<readonly UserId[]>
}
