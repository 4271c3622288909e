import type { PresenceNotes } from '../people-state.ts'
import type { Watcher } from './watcher.ts'

/** Tells the tabs who is connected. Without the switch for presence this is nobody. */
export const watchPresence: Watcher = (client, patch) => {
  const read = (): PresenceNotes => Object.fromEntries(client.signals.presence.known())
  let told = ''
  const tell = () => {
    const presence = read()
    const now = JSON.stringify(presence)
    if (now === told) return
    told = now
    patch({ presence })
  }
  client.signals.on('presence', tell)
  // A person who says no more is away after a time. Tabs ask for presence again in that time.
  client.changes.subscribe(({ lists }) => lists.has('presence') && tell())
  return () => ({ presence: read() })
}
