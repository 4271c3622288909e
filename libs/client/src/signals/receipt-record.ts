import type { DeviceId, SignalContent, UserId } from '@fastchat/schema'

/** How far a device has the log of a conversation, by its own word. */
export type Reached = {
  readonly user: UserId
  /** The first position that the device could read. */
  readonly from: number
  readonly delivered: number
  readonly read: number
}

/** The last receipt that this device sent. `groupNo` and `epoch` are those of its key. */
export type SentReceipt = {
  readonly delivered: number
  readonly read: number
  readonly groupNo?: number
  readonly epoch?: number
}

/** The receipts of one conversation, as they are stored. */
export type ReceiptRecord = {
  readonly own: SentReceipt
  readonly others: Readonly<Record<DeviceId, Reached>>
}

type Receipt = Extract<SignalContent, { kind: 'receipt' }>

/**
 * Returns what a device has reached after a receipt. Positions only grow, so receipts may come
 * twice or in another order. A position beyond this device's log counts as the end of that log:
 * such a receipt cannot be true.
 */
export function reachedAfter(
  before: Reached | undefined,
  user: UserId,
  { from, delivered, read }: Receipt,
  cursor: number,
): Reached {
  const upTo = Math.min(Math.max(delivered, read), cursor)
  const isNewer = before === undefined || upTo >= before.delivered
  return {
    user,
    from: isNewer ? from : before.from,
    delivered: Math.max(upTo, before?.delivered ?? 0),
    read: Math.max(Math.min(read, cursor), before?.read ?? 0),
  }
}

/** The state of a message for one member, as the member's devices have told it. */
export type MemberReceipt = {
  readonly user: UserId
  /** `none`: no device of the user has told that it has the message. */
  readonly state: 'none' | 'delivered' | 'read'
}
/** `stored`: the server has it. `delivered`, `read`: each other member has it, has read it. */
export type ReceiptState = 'stored' | 'delivered' | 'read'

/**
 * Returns the state of the message at `seq` for each of `users`. A user whose devices all came
 * later than the message is left out: it was not for them.
 */
export function receiptsAt(
  others: readonly Reached[],
  users: readonly UserId[],
  seq: number,
): readonly MemberReceipt[] {
  return users.flatMap((user) => {
    const devices = others.filter((one) => one.user === user)
    const present = devices.filter(({ from }) => from <= seq)
    if (devices.length > 0 && present.length === 0) return []
    const isRead = present.some(({ read }) => read >= seq)
    const state = isRead ? 'read' : present.some(({ delivered }) => delivered >= seq) ? 'delivered' : 'none'
    return [{ user, state } as const]
  })
}

/** Returns the state that all members have reached. */
export function leastState(members: readonly MemberReceipt[]): ReceiptState {
  if (members.length === 0 || members.some(({ state }) => state === 'none')) return 'stored'
  return members.every(({ state }) => state === 'read') ? 'read' : 'delivered'
}
