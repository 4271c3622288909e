import type { ClientEvents } from '../client-events.ts'
import type { Emitter } from '../emitter.ts'
import { type AnyErrorCode, asError } from '../errors.ts'
import type { OwnEvents } from '../own/own.ts'
import type { SignalEvents } from '../signals/signals.ts'
import { conversationOf, Trouble } from '../trouble.ts'
import type { TroubleNote } from './change-batch.ts'
import type { Changes } from './changes.ts'

type Source = Pick<Emitter<ClientEvents>, 'on'> & {
  readonly own: Pick<Emitter<OwnEvents>, 'on'>
  readonly signals: Pick<Emitter<SignalEvents>, 'on'>
}

/** Notes every event of a client that a user interface shows. */
export function followEvents(client: Source, changes: Changes): void {
  client.on('entry', ({ conversation, seq, id }) => changes.chat(conversation, { addedAt: seq, message: id }))
  client.on('conversation', ({ conversation }) => changes.chat(conversation, { isListed: true }))
  client.on('queued', ({ conversation, id }) => changes.chat(conversation, { message: id }))
  client.on('stored', ({ conversation, id }) => changes.chat(conversation, { message: id }))
  client.on('changed', ({ conversation, id }) => changes.chat(conversation, { message: id, isListed: true }))
  client.on('restored', ({ conversation }) => changes.chat(conversation, { isRewritten: true, isListed: true }))
  client.on('failed', ({ conversation, id }) => {
    changes.chat(conversation, { message: id })
    changes.list('failed')
  })
  client.on('unfailed', ({ conversation, id }) => {
    changes.chat(conversation, { message: id })
    changes.list('failed')
  })
  client.own.on('chats', (ids) => {
    for (const id of ids) changes.chat(id, { isListed: true })
  })
  client.own.on('settings', () => changes.list('settings'))
  client.signals.on('receipts', ({ conversation }) => changes.chat(conversation, { hasReceipts: true }))
  client.signals.on('typing', ({ conversation }) => changes.chat(conversation, { hasTyping: true }))
  client.signals.on('presence', () => changes.list('presence'))
  client.on('people', () => changes.list('people'))
  client.on('connection', () => changes.list('connection'))
  client.on('synced', () => changes.list('connection'))
  client.on('transfer', () => changes.list('transfers'))
  client.on('backup', () => changes.list('backup'))
  client.on('newDevice', () => changes.list('devices'))
  client.on('account', ({ changed }) => changes.list(changed === 'devices' ? 'devices' : 'account'))
  client.on('trouble', (error) => changes.trouble(noteOf(error)))
}

/** Returns an error as a note: its code, its words, and the chat in which it was noticed. */
export function noteOf(thrown: unknown): TroubleNote {
  const error = asError(thrown)
  const { conversation, seq, from, device } = error instanceof Trouble ? error.details : {}
  const chat = conversation ?? conversationOf(error)
  return {
    ...{ code: codeOf(error), message: error.message },
    ...(chat !== undefined && { conversation: chat }),
    ...(seq !== undefined && { seq }),
    ...(from !== undefined && { from }),
    ...(device !== undefined && { device }),
    ...(error instanceof Trouble && { facts: error.facts, ...(error.who && { who: error.who }) }),
  }
}

function codeOf(error: Error): AnyErrorCode {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unexpected'
}
