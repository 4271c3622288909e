import type { ClientEvents } from './client-events.ts'
import type { DeviceParts } from './device-parts.ts'
import { IdleDevices } from './devices/idle-devices.ts'
import { LifeSigns } from './devices/life-signs.ts'
import { OwnDevices } from './devices/own-devices.ts'
import type { Emitter } from './emitter.ts'
import { FailedMessages } from './failed/failed-messages.ts'
import type { Files } from './files/files.ts'
import { newMessageId } from './new-id.ts'
import type { OpenDevice } from './open-device.ts'

/** The parts of a client that act for a person on the other parts, and tell the application. */
export type Actions = {
  readonly ownDevices: OwnDevices
  readonly idleDevices: IdleDevices
  readonly signs: LifeSigns
  readonly failed: FailedMessages
  readonly files: Files
}

/** Creates the parts of a client that act for a person. They emit on `events`. */
export function createActions(
  { identity, store, rest, api, clock }: OpenDevice,
  { conversations, backup, files, rows }: DeviceParts,
  events: Pick<Emitter<ClientEvents>, 'emit'>,
): Actions {
  const onTrouble = (error: Error) => events.emit('trouble', error)
  const signs = new LifeSigns({ store, rows, clock, deviceId: identity.deviceId })
  const idleDevices = new IdleDevices({
    ...{ userId: identity.userId, signs, onTrouble },
    conversations: () => conversations.all,
    tell: (ended) => events.emit('deviceEnded', ended),
  })
  return {
    ...{ signs, idleDevices },
    ownDevices: new OwnDevices({
      ...{ identity, store, rest, api, onTrouble },
      conversations: () => conversations.all,
      tell: (signIn) => events.emit('newDevice', signIn),
      rotate: (accountPrivate, revoked) => backup.rotate(accountPrivate, revoked),
      takeOut: (deviceId) => idleDevices.takeOut(deviceId),
      listed: (devices) => idleDevices.listed(devices),
    }),
    failed: new FailedMessages({
      ...{ store, files, newId: newMessageId },
      conversation: (id) => conversations.get(id),
      moved: (conversation, id) => events.emit('unfailed', { conversation, id }),
    }),
    files,
  }
}
