import type { Session } from './session.ts'

/** The one session of a process. */
export type SessionSlot = {
  /** Opens it when it is not open. */
  session(): Promise<Session>
  /** Closes it when it is open; the next `session` opens another. */
  close(): Promise<void>
}

/** Returns an empty slot. A session that could not be opened leaves it empty. */
export function sessionSlot(open: () => Promise<Session>): SessionSlot {
  let opening: Promise<Session> | undefined
  return {
    session() {
      if (opening) return opening
      const mine = open().catch((error: unknown) => {
        if (opening === mine) opening = undefined
        throw error
      })
      opening = mine
      return mine
    },
    async close() {
      const was = opening
      opening = undefined
      await was?.then((session) => session.close()).catch(() => {})
    },
  }
}
