import type { ConversationId, DeviceId } from '@fastchat/schema'

export type PeerName = 'socketio' | 'ejabberd' | 'floor'

/** The address and token with which a device connects to a pod. */
export type FastChatPlan = { readonly url: string; readonly token: string }
/** The address and user with which a person connects to a peer, and the rooms to join. */
export type PeerSocketPlan = {
  readonly peer: PeerName
  readonly url: string
  readonly user: string
  readonly rooms?: readonly string[]
}
/** The address of a connection that sends nothing. */
export type BareSocketPlan = { readonly bare: string }
export type SocketPlan = FastChatPlan | PeerSocketPlan | BareSocketPlan

export const isFastChat = (plan: SocketPlan): plan is FastChatPlan => 'token' in plan

export type FastChatSender = FastChatPlan & { readonly deviceId: DeviceId }

/**
 * A pair of devices on FastChat. Both have read and acked all up to `lastSeq`. Envelopes are
 * base64url.
 */
export type FastChatPairPlan = {
  readonly conversation: ConversationId
  readonly lastSeq: number
  readonly sender: FastChatSender
  readonly receiver: FastChatPlan
  readonly envelope: string
}
/** A pair of people on a peer. `to` is the receiver's address. */
export type PeerPairPlan = {
  readonly sender: PeerSocketPlan
  readonly receiver: PeerSocketPlan
  readonly to: string
}
export type PairPlan = FastChatPairPlan | PeerPairPlan

/** A group on FastChat. The first `senders` members send, in turns. */
export type FastChatGroupPlan = {
  readonly conversation: ConversationId
  readonly members: readonly FastChatSender[]
  readonly senders: number
  readonly envelope: string
}
/** A room on a peer. `to` is the room's address. */
export type PeerGroupPlan = {
  readonly members: readonly PeerSocketPlan[]
  readonly senders: number
  readonly to: string
}
export type GroupPlan = FastChatGroupPlan | PeerGroupPlan

/** A device that comes back. In each conversation `entries` wait, numbered from `firstSeq`. */
export type BacklogPlan = FastChatPlan & {
  readonly conversations: readonly ConversationId[]
  readonly firstSeq: number
  readonly entries: number
}

/**
 * The load of a step. `outstanding`: that many messages over all pairs are not yet both acked and
 * delivered; each one that is makes room for the next. `perSecond`: messages are sent on a
 * schedule, whether or not earlier ones have arrived. With `receipts` each receiver tells its pair,
 * once in a second at most, how far it has read.
 */
export type Load = { readonly outstanding: number } | { readonly perSecond: number; readonly receipts?: boolean }

export type Taken = {
  readonly seconds: number
  /**
   * Milliseconds to ack and to delivery of each message. They count from the send, or from the
   * scheduled time if there is a schedule.
   */
  readonly ackMs: Float64Array
  readonly deliveryMs: Float64Array
}

/**
 * The calls that a driver process answers. Each call rejects once a message was lost, duplicated,
 * changed or out of order.
 */
export type DriverCalls = {
  /**
   * Connects the sockets. Resolves when all are synced, or as near to that as the peer can report.
   */
  connect(sockets: readonly SocketPlan[]): Promise<void>
  pair(pairs: readonly PairPlan[]): Promise<void>
  group(plan: GroupPlan): Promise<void>
  load(load: Load): Promise<void>
  /** Returns what was measured since the last call. */
  take(): Promise<Taken>
  /**
   * Stops sending, waits until everything has arrived, and returns how many messages were sent in
   * all.
   */
  rest(): Promise<number>
  /**
   * Connects the devices and resolves when each has its backlog. Returns how long each took, in ms.
   */
  catchUp(devices: readonly BacklogPlan[]): Promise<Float64Array>
}

type CallName = keyof DriverCalls
export type CallMessage = { readonly n: number; readonly name: CallName; readonly args: readonly unknown[] }
export type AnswerMessage = { readonly n: number; readonly value?: unknown; readonly error?: string }
