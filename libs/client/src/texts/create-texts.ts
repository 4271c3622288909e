import type { Pins } from '../account/pins.ts'
import type { Context, ConversationEvents } from '../conversation/context.ts'
import type { Emitter } from '../emitter.ts'
import type { History } from '../history.ts'
import type { Messages } from '../messages/messages.ts'
import type { ConnectionState } from '../net/connection-state.ts'
import type { People } from '../people/people.ts'
import type { Identity } from '../store/records.ts'
import { Texts } from './texts.ts'
import type { TextsPort } from './texts-port.ts'

type Parts = {
  readonly context: Context
  readonly history: History
  readonly messages: Messages
  readonly people: People
}

type Device = Pick<TextsPort, 'conversation'> & {
  readonly identity: Identity
  readonly pins: Pins
  readonly state: ConnectionState
  readonly conversations: TextsPort['records']
  on: Emitter<ConversationEvents & { connection: ConnectionState }>['on']
}

/** The events after which there may be a message to read, or none any more. */
const changes = ['entry', 'conversation', 'connection'] as const

/** Creates the texts of a client. */
export function createTexts(client: Device, { context, history, messages, people }: Parts): Texts {
  const { store, clock, newId } = context
  return new Texts({
    ...{ identity: client.identity, store, clock, newId, history, messages, people },
    nameOf: (userId) => client.pins.nameOf(userId),
    state: () => client.state,
    conversation: (id) => client.conversation(id),
    records: () => client.conversations(),
    onChange: (listener) => {
      const stops = changes.map((type) => client.on(type, listener))
      return () => {
        for (const stop of stops) stop()
      }
    },
  })
}
