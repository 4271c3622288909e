import type { ClientEvents } from './client-events.ts'
import type { DeviceParts, OpenDevice } from './device-parts.ts'
import { OwnDevices } from './devices/own-devices.ts'
import type { Emitter } from './emitter.ts'
import { FailedMessages } from './failed/failed-messages.ts'
import { Files } from './files/files.ts'
import { newMessageId } from './new-id.ts'

/** The parts of a client that act for a person on the other parts, and tell the application. */
export type Actions = {
  readonly ownDevices: OwnDevices
  readonly failed: FailedMessages
  readonly files: Files
}

type Client = {
  readonly events: Pick<Emitter<ClientEvents>, 'emit'>
  /** Returns a signal that aborts when the client stops. */
  readonly stopping: () => AbortSignal
}

/** Creates the parts of a client that act for a person. They emit on `events`. */
export function createActions(device: OpenDevice, parts: DeviceParts, { events, stopping }: Client): Actions {
  const { identity, store, rest, api, clock, random } = device
  const { conversations, backup } = parts
  const onTrouble = (error: Error) => events.emit('trouble', error)
  return {
    ownDevices: new OwnDevices({
      ...{ identity, store, rest, api, onTrouble },
      conversations: () => conversations.all,
      tell: (signIn) => events.emit('newDevice', signIn),
      rotate: (accountPrivate, revoked) => backup.rotate(accountPrivate, revoked),
    }),
    failed: new FailedMessages({
      ...{ store, newId: newMessageId },
      conversation: (id) => conversations.get(id),
    }),
    files: new Files({
      ...{ store, api, clock, random, onTrouble, stopping },
      conversation: (id) => conversations.get(id),
      progress: (transfer) => events.emit('transfer', transfer),
      failed: (failure) => events.emit('failed', failure),
    }),
  }
}
