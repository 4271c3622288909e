import type { SharedPin, UserId } from '@fastchat/schema'
import { Batch, type Pin } from '../store/records.ts'
import { isMore, type PinTable, withoutTakenName } from './pin-table.ts'

/** Returns the pins that the other devices of this account may have. */
export function sharedPins(table: PinTable): Record<string, SharedPin> {
  return Object.fromEntries(
    [...table.entries()].flatMap(([userId, { accountKey, username, deleted }]) => {
      const pin = { ...(accountKey && { accountKey }), ...(username && { username }), ...(deleted && { deleted }) }
      return Object.keys(pin).length > 0 ? [[userId, pin]] : []
    }),
  )
}

/**
 * Adds the pins of another device of this account to a table, and returns the writes that store
 * them. A pin that differs from the one here is given to `differs`, and the one here stays.
 */
export function takeSharedPins(
  table: PinTable,
  theirs: Readonly<Record<string, SharedPin>>,
  differs: (userId: UserId, accountKey: string) => void,
): Batch {
  const batch = new Batch()
  // The cast holds because the form of the account state allows only ids as keys.
  for (const [userId, pin] of Object.entries(theirs) as [UserId, SharedPin][]) {
    const kept = table.get(userId)
    const { accountKey = kept?.accountKey } = pin
    if (kept?.accountKey !== undefined && accountKey !== undefined && accountKey !== kept.accountKey) {
      differs(userId, accountKey)
      continue
    }
    const next: Pin = { ...withoutTakenName(pin, userId, table), ...kept }
    if (!isMore(next, kept)) continue
    table.set(userId, next)
    batch.put('pins', userId, next)
  }
  return batch
}
