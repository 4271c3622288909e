import type { AccountEvent, EntryHeader } from '@fastchat/cluster'
import type { AccountPart, ConversationId, DeviceId, ServerFrames, UserId } from '@fastchat/schema'
import type { Announce, DeviceKey, LeafDelta } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { Traces } from '../domain/traces.ts'
import type { ConversationFeeds } from './conversation-feeds.ts'
import type { ConnectedDevice, Devices } from './devices.ts'

/** An event about a user, which one pod sends to the others. */
type UserEvent =
  | { readonly t: 'connected'; readonly device: DeviceId; readonly order: number }
  | { readonly t: 'membership' }
  | AccountEvent

/** After a change of these parts a session may be over, so the pod looks at once. */
const endingParts: readonly AccountPart[] = ['devices', 'sessions']

export type FanOutOptions = {
  readonly bus: {
    publish(conversation: ConversationId, header: EntryHeader, frame: Uint8Array): void
    publishUser(user: UserId, event: object): void
  }
  readonly feeds: ConversationFeeds
  readonly devices: Devices
  readonly registry: Pick<Registry, 'concernedBy'>
  /** The boot id of this pod. */
  readonly origin: string
  readonly traces?: Pick<Traces, 'publishing'> | undefined
}

export type FanOut = ReturnType<typeof createFanOut>

/**
 * Exchanges new entries with the other pods. Each message is only a hint. A lost one is noticed by
 * the next entry's position, by a sweep, or at the next connection.
 */
export function createFanOut({ bus, feeds, devices, registry, origin, traces }: FanOutOptions) {
  const announce: Announce = (delivery) => {
    const { conversation, seq, kind, delta, frame } = delivery
    feeds.accept(delivery, 'writer')
    const traced = traces?.publishing(delivery)
    bus.publish(conversation, { seq, kind, ...(delta && { delta }) }, frame)
    traced?.()
    if (delta) tellConcerned(delta)
  }

  /**
   * Tells the pods of users who are new in a conversation. Such a pod may listen for its users, and
   * not yet for the conversation.
   */
  function tellConcerned(delta: LeafDelta): void {
    if (delta.added.length === 0 && delta.invited.length === 0) return
    registry.concernedBy(delta).then(
      (users) => {
        for (const user of users) bus.publishUser(user, { t: 'membership' } satisfies UserEvent)
      },
      () => undefined, // the next sweep finds the change
    )
  }

  function tellConnected({ session, order }: ConnectedDevice): void {
    bus.publishUser(session.userId, { t: 'connected', device: session.deviceId, order } satisfies UserEvent)
  }

  /**
   * Passes a signal to this pod's sockets and to the other pods, at most once. Pods of the version
   * before take the header for an entry that they know already, since no entry is at position 0.
   */
  function announceSignal(sender: DeviceKey, signal: Omit<ServerFrames['signaled'], 't'>): void {
    const frame = Buffer.from(JSON.stringify({ t: 'signaled', ...signal } satisfies ServerFrames['signaled']))
    feeds.signal(signal.conversation, sender, frame)
    bus.publish(signal.conversation, { seq: 0, kind: 'application', signalOf: sender }, frame)
  }

  /** The pods look at sessions in the database, so a push ends none by itself. */
  function onAccountEvent(user: UserId, { changed, by }: AccountEvent): void {
    devices.tellUser(user, { t: 'account', changed }, by)
    if (endingParts.includes(changed)) devices.refreshUser(user)
  }

  return {
    announce,
    announceSignal,
    tellConnected,

    onEntry(conversation: ConversationId, header: EntryHeader & { readonly origin: string }, frame: Buffer): void {
      if (header.origin === origin) return
      // The cast holds: the bus has checked that `announceSignal` of some pod wrote it.
      if (header.signalOf !== undefined) {
        feeds.signal(conversation, header.signalOf as DeviceKey, frame)
        return
      }
      const { seq, kind } = header
      // The cast holds: the bus has checked that `announce` of some pod wrote it.
      const delta = header.delta as LeafDelta | undefined
      feeds.accept({ conversation, seq, kind, frame, ...(delta && { delta }) }, 'bus')
    },

    onUserEvent(user: UserId, event: unknown, from: string): void {
      // The cast holds as above. An event of a kind that only newer pods know is ignored.
      const told = event as UserEvent
      if (told.t === 'account') onAccountEvent(user, told)
      if (told.t === 'membership' && from !== origin) devices.refreshUser(user)
      if (told.t !== 'connected' || from === origin) return
      const present = devices.findById(user, told.device)
      if (present === undefined) return
      // Answers an older connection elsewhere, which may have subscribed too late to hear of this
      // one.
      if (present.order < told.order) present.replaced()
      else tellConnected(present)
    },
  }
}
