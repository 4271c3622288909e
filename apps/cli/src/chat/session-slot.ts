import type { Session } from './session.ts'

/** The slot for the one session of a process. */
export type SessionSlot = {
  /** Returns the session, and opens it first if it is not open. */
  session(): Promise<Session>
  /** Closes the session if it is open. The next call of `session` opens another. */
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
