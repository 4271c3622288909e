import { openTroubleBoard } from '../trouble-board.ts'
import type { Watcher } from './watcher.ts'

/** Tells the tabs which problems there are that this person did not cause. */
export const watchTroubles: Watcher = (client, patch) => {
  const board = openTroubleBoard(client, (troubles) => patch({ troubles }))
  client.changes.subscribe(({ troubles }) => board.add(troubles))
  return () => ({ troubles: board.notices })
}
