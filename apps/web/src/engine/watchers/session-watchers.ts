import { watchPeople } from './watch-people.ts'
import { watchPresence } from './watch-presence.ts'
import { watchSettings } from './watch-settings.ts'
import { watchTransfers } from './watch-transfers.ts'
import { watchTroubles } from './watch-troubles.ts'
import { watchTyping } from './watch-typing.ts'
import type { Watcher } from './watcher.ts'

/** All watchers of a signed-in device. */
export const sessionWatchers: readonly Watcher[] = [
  watchTyping,
  watchTransfers,
  watchPeople,
  watchPresence,
  watchTroubles,
  watchSettings,
]
