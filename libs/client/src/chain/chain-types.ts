import type { DeviceId, UserId } from '@fastchat/schema'
import type { TroubleCode } from '../trouble-words.ts'

/** The chain over this epoch of a conversation's log, as this device read it. */
export type ChainRecord = StoredPoint & {
  readonly groupNo: number
  readonly epoch: number
  /** The position of the commit that began the epoch. */
  readonly start: number
  /**
   * The ends of the earlier epochs of this group, the latest first. Null where this device had no
   * chain.
   */
  readonly closed: readonly (StoredPoint | null)[]
  /**
   * The number of newest `closed` ends that no message of this device in the log has stated yet.
   */
  readonly untold: number
  /** The number of messages that this device encrypted in this epoch and the server rejected. */
  readonly voided: number
  /**
   * The number of entries of this epoch that a gap has taken. Nothing is stated or compared until
   * the next epoch.
   */
  readonly missing?: number
  /**
   * The positions without a line in the history. The store has their values in rows under
   * `valueKey`.
   */
  readonly apart?: readonly number[]
  /** The first position whose value is kept. Absent when all values of the epoch are. */
  readonly keptFrom?: number
  readonly skips?: readonly Skip[]
  readonly alarms?: readonly Alarm[]
}
/**
 * A position in the log and the chain's value there, base64url. In a `ChainRecord` it is the last
 * one read.
 */
export type StoredPoint = { readonly seq: number; readonly c: string }

/**
 * The number of a device's messages in this epoch that the log did not show. `since` is the
 * position where that was noticed and is not explained yet.
 */
export type Skip = { readonly device: DeviceId; readonly count: number; readonly since?: number }
/** An alarm that was raised, kept so that it is raised only once. */
export type Alarm = {
  readonly code: TroubleCode
  readonly epoch: number
  readonly device?: DeviceId
  readonly user?: UserId
}
