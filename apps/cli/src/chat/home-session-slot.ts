import type { HomeSession } from './home-session.ts'

/** The slot for the one session of a process. */
export type HomeSessionSlot = {
  /** Returns the session, and opens it first if it is not open. */
  session(): Promise<HomeSession>
  /** Closes the session if it is open. The next call of `session` opens another. */
  close(): Promise<void>
}

/** Returns an empty slot. A session that could not be opened leaves it empty. */
export function homeSessionSlot(open: () => Promise<HomeSession>): HomeSessionSlot {
  let opening: Promise<HomeSession> | undefined
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
