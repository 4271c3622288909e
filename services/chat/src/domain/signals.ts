import type { ConversationId, DeviceId } from '@fastchat/schema'
import type { ConversationKey, DeviceKey, Session } from './ports.ts'

/** A sealed signal that its sender asked to keep. */
export type KeptSignal = {
  readonly device: DeviceKey
  readonly key: ConversationKey
  readonly groupNo: number
  readonly epoch: number
  readonly body: Buffer
}

/** A kept signal as a device gets it. */
export type FoundSignal = Omit<KeptSignal, 'device' | 'key'> & {
  readonly conversation: ConversationId
  readonly deviceId: DeviceId
}

/** The kept signals in the database. */
export type SignalStore = {
  /** Saves signals of devices that have a leaf, each in place of the last one. */
  save(signals: readonly KeptSignal[]): Promise<void>
  /**
   * Reads the signals of other devices that have changed since `since`, oldest first, at most
   * `most`. `at` is the `since` of the next call. A signal may come twice.
   */
  changed(
    session: Session,
    since: number,
    most: number,
  ): Promise<{ readonly signals: readonly FoundSignal[]; readonly at: number }>
}
