import type { KeyPackages } from './account/key-packages.ts'
import type { SharedState } from './account-state/shared-state.ts'
import type { Actions } from './actions.ts'
import type { Backup } from './backup/backup.ts'
import type { ClientEvents } from './client-events.ts'
import type { Context } from './conversation/context.ts'
import type { Conversations } from './conversation/conversations.ts'
import { keepCounts } from './conversation/keep-counts.ts'
import type { Emitter } from './emitter.ts'
import { asError, ClientError, isTemporary, ServerError } from './errors.ts'
import type { Handover } from './handover/handover.ts'
import type { KnownDatabase } from './known-database.ts'
import type { Connection, Delivered, FrameHandlers } from './net/connection.ts'
import type { ConnectionState } from './net/connection-state.ts'
import type { OwnRows } from './own/own-rows.ts'
import type { OwnSync } from './own/own-sync.ts'
import { shareReadPositions } from './own/share-read-positions.ts'
import type { OwnAccount } from './own-account/own-account.ts'
import type { People } from './people/people.ts'
import type { Search } from './search/search.ts'
import type { Signals } from './signals/signals.ts'
import type { SyncProgress } from './sync-progress.ts'

/** The parts of a device that act on frames and events. */
export type ListeningParts = {
  readonly connection: Connection
  readonly conversations: Conversations
  readonly database: KnownDatabase
  readonly shared: SharedState
  readonly rows: OwnRows
  readonly search: Search
  readonly ownSync: OwnSync
  readonly backup: Backup
  readonly handover: Pick<Handover, 'connected' | 'sawNew'>
  readonly people: People
  readonly keyPackages: Pick<KeyPackages, 'refill'>
  readonly signals: Pick<Signals, 'received'>
  readonly sync: SyncProgress
  readonly events: Context['events']
  readonly context: Pick<Context, 'store'>
}

/** Hands the frames of the connection to the parts of a device. */
export function listenToFrames(parts: ListeningParts): void {
  const { connection, conversations, database, shared, backup, ownSync, keyPackages, signals, sync, events } = parts
  const failed = (error: Error) => events.emit('trouble', error)
  const handlers: FrameHandlers<Delivered> = {
    ready: ({ dbEpoch }) => {
      sync.connected()
      database.connected(dbEpoch).catch(failed)
      for (const conversation of conversations.all) conversation.online()
      keyPackages.refill().catch(failed)
      shared.connected(dbEpoch).catch(failed)
      void ownSync.connected(dbEpoch)
      backup.connected(dbEpoch).catch(failed)
    },
    synced: () => {
      sync.synced()
      for (const conversation of conversations.all) conversation.caughtUp()
      backup.caughtUp()
    },
    message: ({ t: _, ...entry }) => conversations.with(entry.conversation, (one) => one.receive(entry)),
    gap: (gap) => conversations.with(gap.conversation, (one) => one.receive(gap)),
    signaled: (frame) => signals.received(frame),
    account: ({ changed }) => {
      if (changed === 'records') void ownSync.pushed()
      if (changed === 'state') shared.pushed()
      if (changed === 'backup') backup.pushed()
    },
    welcome: (frame) => conversations.with(frame.conversation, (one) => one.invited(frame), frame),
  }
  // The keys are those of `handlers`, and each handler takes the frame of its name.
  for (const name of Object.keys(handlers) as (keyof Delivered)[]) connection.on(name, handlers[name] as never)
}

/** Hands the events of the parts of a device to each other, and its troubles to the application. */
export function listenToParts(parts: ListeningParts): void {
  const { connection, conversations, shared, backup, rows, search, people, events } = parts
  const failed = (error: Error) => events.emit('trouble', error)
  people.follow()
  events.on('entry', (entry) => search.added(entry))
  events.on('changed', ({ conversation, id }) => search.changed(conversation, id).catch(failed))
  events.on('restored', ({ conversation }) => search.restored(conversation))
  keepCounts({ conversations, events, store: parts.context.store })
  events.on('conversation', shareReadPositions({ rows, conversations, failed }))
  events.on('entry', ({ conversation }) => backup.noted(conversation))
  events.on('conversation', (record) => {
    backup.joined(record)
    const { conversation, lawful, profileSeq } = record
    if (lawful) shared.moved(conversation, lawful, profileSeq)
  })
  connection.on('state', (state) => {
    if (isRevoked(state)) for (const conversation of conversations.all) conversation.revoked().catch(failed)
  })
  connection.on('trouble', failed)
}

/** Hands frames and events to the parts that act for a person, and to the application. */
export function listenForActions(
  { connection, handover, account }: Pick<ListeningParts, 'connection' | 'handover'> & { readonly account: OwnAccount },
  { ownDevices, files, signs }: Actions,
  events: Emitter<ClientEvents>,
): void {
  const failed = (error: Error) => events.emit('trouble', error)
  // The next connection looks again. A server of the version before does not say.
  const look = () =>
    account.passwords.look().catch((error: unknown) => {
      const isExpected = isTemporary(error) || error instanceof ServerError || error instanceof ClientError
      if (!isExpected) failed(asError(error))
    })
  account.passwords.on('changed', (change) => events.emit('passwordChanged', change))
  connection.on('state', (state) => events.emit('connection', state))
  connection.on('synced', (frame) => events.emit('synced', frame))
  connection.on('account', ({ changed }) => events.emit('account', { changed }))
  connection.on('synced', () => {
    void ownDevices.connected()
    void look()
    void files.connected()
    void handover.connected()
    signs.beat().catch(failed)
  })
  events.on('account', ({ changed }) => {
    if (changed === 'devices') void ownDevices.connected()
    if (changed === 'password') void look()
  })
  events.on('newDevice', ({ deviceId }) => void handover.sawNew(deviceId))
  events.on('entry', (entry) => void ownDevices.read(entry))
  events.on('entry', ({ from, device }) => {
    if (from === ownDevices.userId && device !== undefined) signs.seen([device]).catch(failed)
  })
}

const isRevoked = (state: ConnectionState): boolean =>
  state.state === 'ended' && state.error instanceof ClientError && state.error.code === 'device_revoked'
