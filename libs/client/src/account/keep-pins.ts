import type { User, UserId } from '@fastchat/schema'
import type { Batch, Pin } from '../store/records.ts'
import type { Found } from './look-up.ts'
import { isMore, type PinTable, withoutTakenName } from './pin-table.ts'

/** The batch that stores an accepted tree or commit, and its write. */
type Storing = { readonly batch: Batch; write(): Promise<void> }

/**
 * Pins the findings of a look-up in the batch that stores the accepted tree or commit. The pins
 * apply before they are stored, so that of two keys shown at once only one is trusted. They are
 * undone when the write fails.
 *
 * @param changed throws the error about a user for whom another key was pinned meanwhile
 * @returns whether a pin is new
 */
export async function keepPins(
  table: PinTable,
  found: Found,
  { batch, write }: Storing,
  changed: (user: User) => never,
): Promise<boolean> {
  const former = new Map<UserId, Pin | undefined>()
  try {
    for (const [userId, { pin, user }] of found) {
      const now = table.get(userId)
      if (now?.accountKey !== undefined && now.accountKey !== user.accountKey) changed(user)
      if (!isMore(pin, now)) continue
      const next = withoutTakenName(pin, userId, table)
      former.set(userId, now)
      table.set(userId, next)
      batch.put('pins', userId, next)
    }
    await write()
  } catch (error) {
    for (const [userId, pin] of former) table.set(userId, pin)
    throw error
  }
  return former.size > 0
}
