import type { ConversationKey, DeviceKey } from '../domain/ports.ts'
import type { PushResult } from './push-client.ts'

/** New messages of one conversation, from the first to the last position. */
export type GrownConversation = { readonly key: ConversationKey; readonly first: number; readonly head: number }

export type PushTo = { readonly device: DeviceKey; readonly endpoint: string }

/** The part of the database that pushes need. */
export type PushStore = {
  /**
   * Returns the devices to wake, each to one caller only. In the conversations of `later` a device
   * waits that was woken lately.
   */
  claim(
    grown: readonly GrownConversation[],
    everyMs: number,
  ): Promise<{ readonly due: readonly PushTo[]; readonly later: ReadonlySet<ConversationKey> }>
  /** Forgets an endpoint that is gone, and one that failed too often. */
  settle(push: PushTo, result: PushResult): Promise<void>
}
