import type { DeviceId, UserId } from '@fastchat/schema'
import type { TroubleCode } from '../trouble-words.ts'

/** The chain over this epoch of a conversation's log, as this device read it. */
export type ChainRecord = StoredPoint & {
  readonly groupNo: number
  readonly epoch: number
  /** Position of the commit that began the epoch. */
  readonly start: number
  /** The ends of the epochs before this one in this group, the latest first; null where this device had no chain. */
  readonly closed: readonly (StoredPoint | null)[]
  /** How many of `closed`, from the first on, no message of ours in the log has told yet. */
  readonly untold: number
  /** Messages that this device encrypted in this epoch and the server rejected. */
  readonly voided: number
  /** Entries that a gap took out of this epoch: nothing is told or compared until the next one. */
  readonly missing?: number
  /** Positions without a line in the history: the store has their values in rows under `valueKey`. */
  readonly apart?: readonly number[]
  /** Values before this position are not kept. Absent when all of the epoch are. */
  readonly keptFrom?: number
  readonly skips?: readonly Skip[]
  readonly alarms?: readonly Alarm[]
}
/** A position in the log and the chain's value there, base64url. In a `ChainRecord`, the last one read. */
export type StoredPoint = { readonly seq: number; readonly c: string }

/** Messages of a device that were not in the log, in this epoch; `since`: where that was noticed and is not explained yet. */
export type Skip = { readonly device: DeviceId; readonly count: number; readonly since?: number }
/** What was said about a device, so that it is said once. */
export type Alarm = {
  readonly code: TroubleCode
  readonly epoch: number
  readonly device?: DeviceId
  readonly user?: UserId
}
