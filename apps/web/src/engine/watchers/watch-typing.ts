import type { EngineState } from '../engine-state.ts'
import type { Watcher } from './watcher.ts'

/** Tells the tabs who is typing in each chat. */
export const watchTyping: Watcher = (client, patch) => {
  let typing: NonNullable<EngineState['typing']> = {}
  client.signals.on('typing', ({ conversation, users }) => {
    typing = { ...typing, [conversation]: users.map((user) => client.pins.nameOf(user)) }
    patch({ typing })
  })
  return () => ({ typing })
}
