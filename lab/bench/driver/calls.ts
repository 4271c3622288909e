import type { ConversationId, DeviceId } from '@fastchat/schema'

export type PeerName = 'socketio' | 'ejabberd' | 'floor'

/** How a device of ours connects. */
export type FastChatPlan = { readonly url: string; readonly token: string }
/** How somebody connects to a peer, and rooms to join then. */
export type PeerSocketPlan = {
  readonly peer: PeerName
  readonly url: string
  readonly user: string
  readonly rooms?: readonly string[]
}
/** Connects and says nothing. */
export type BareSocketPlan = { readonly bare: string }
export type SocketPlan = FastChatPlan | PeerSocketPlan | BareSocketPlan

export const isFastChat = (plan: SocketPlan): plan is FastChatPlan => 'token' in plan

export type FastChatSender = FastChatPlan & { readonly deviceId: DeviceId }

/** Envelopes as base64url. `lastSeq`: what both have read and acked. */
export type FastChatPairPlan = {
  readonly conversation: ConversationId
  readonly lastSeq: number
  readonly sender: FastChatSender
  readonly receiver: FastChatPlan
  readonly envelope: string
}
/** `to`: the receiver's address. */
export type PeerPairPlan = {
  readonly sender: PeerSocketPlan
  readonly receiver: PeerSocketPlan
  readonly to: string
}
export type PairPlan = FastChatPairPlan | PeerPairPlan

/** The first `senders` members send, in turns. */
export type FastChatGroupPlan = {
  readonly conversation: ConversationId
  readonly members: readonly FastChatSender[]
  readonly senders: number
  readonly envelope: string
}
/** `to`: the room's address. */
export type PeerGroupPlan = {
  readonly members: readonly PeerSocketPlan[]
  readonly senders: number
  readonly to: string
}
export type GroupPlan = FastChatGroupPlan | PeerGroupPlan

/** A device that comes back: in each conversation these entries wait, numbered from `firstSeq`. */
export type BacklogPlan = FastChatPlan & {
  readonly conversations: readonly ConversationId[]
  readonly firstSeq: number
  readonly entries: number
}

/**
 * `outstanding`: so many messages, spread over the pairs, that are not yet both acked and delivered; a new one for each that
 * is. `perSecond`: on a schedule, whatever comes back.
 */
export type Load = { readonly outstanding: number } | { readonly perSecond: number }

export type Taken = {
  readonly seconds: number
  /** Milliseconds from send (by the schedule, if there is one) to ack and to delivery, of each message. */
  readonly ackMs: Float64Array
  readonly deliveryMs: Float64Array
}

/** What a driver process does for the bench. Each call rejects once a message was lost, doubled, changed or out of order. */
export type DriverCalls = {
  /** Resolves when all have been told that they are synced, or what comes nearest to it. */
  connect(sockets: readonly SocketPlan[]): Promise<void>
  pair(pairs: readonly PairPlan[]): Promise<void>
  group(plan: GroupPlan): Promise<void>
  load(load: Load): Promise<void>
  /** What was measured since the last call. */
  take(): Promise<Taken>
  /** Sends no more, waits until everything has come, and tells how many messages that were in all. */
  rest(): Promise<number>
  /** Connects them all and resolves when each has what waited for it: how long each took, in ms. */
  catchUp(devices: readonly BacklogPlan[]): Promise<Float64Array>
}

type CallName = keyof DriverCalls
export type CallMessage = { readonly n: number; readonly name: CallName; readonly args: readonly unknown[] }
export type AnswerMessage = { readonly n: number; readonly value?: unknown; readonly error?: string }
