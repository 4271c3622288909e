import type { SharedState } from './account-state/shared-state.ts'
import { Backup } from './backup/backup.ts'
import type { Context } from './conversation/context.ts'
import type { Conversations } from './conversation/conversations.ts'
import { revokedOf } from './conversation/revocations.ts'
import { Handover } from './handover/handover.ts'
import { newBackupSegmentId } from './new-id.ts'
import type { OpenDevice } from './open-device.ts'
import type { People } from './people/people.ts'
import type { PeopleBook } from './people/people-book.ts'
import type { SyncProgress } from './sync-progress.ts'

/** The parts of a device that restored history concerns. */
type Others = {
  readonly book: Pick<PeopleBook, 'shared' | 'aboutChat'>
  readonly connection: { readonly isOnline: boolean }
  readonly conversations: Pick<Conversations, 'all' | 'hasOpened' | 'opened' | 'remember'>
  readonly events: Pick<Context['events'], 'emit'>
  readonly people: Pick<People, 'isForgotten'>
  readonly shared: Pick<SharedState, 'backup' | 'backedUp'>
  readonly sync: Pick<SyncProgress, 'isSynced'>
}

/** The parts of a device that restore its history: from the backup, and from another device. */
export type BackupParts = { readonly backup: Backup; readonly handover: Handover }

/** Makes the backup and the handover of a device. They take turns in writing restored lines. */
export function createBackupParts(device: OpenDevice, others: Others): BackupParts {
  const { api, store, identity, rows, backedUp, handedOver, clock, random } = device
  const { book, connection, conversations, events, people, shared, sync } = others
  const backup: Backup = new Backup(backedUp, {
    ...{ api, store, clock, random, newId: newBackupSegmentId },
    own: identity,
    records: () => conversations.all.map(({ record }) => record),
    hasAllChats: () => sync.isSynced && conversations.hasOpened,
    opened: (signal) => conversations.opened(signal),
    forgotten: () =>
      Object.fromEntries(
        Object.entries(book.shared().chats ?? {}).flatMap(([id, { is, seq }]) =>
          is === 'forgotten' ? [[id, seq ?? 0]] : [],
        ),
      ),
    remember: async (conversation, chat) => {
      if (book.aboutChat(conversation)?.is !== 'forgotten') await conversations.remember(conversation, chat)
    },
    head: () => shared.backup,
    headMoved: () => shared.backedUp(),
    isOnline: () => connection.isOnline,
    tell: (error) => events.emit('trouble', error),
    changed: (status) => events.emit('backup', status),
    restored: (conversation) => events.emit('restored', { conversation }),
    handover: {
      get status() {
        return handover.status
      },
      handed: (conversation) => handover.handed(conversation),
      chats: () => handover.chats(),
      take: (signal) => handover.take(signal),
    },
  })
  const handover: Handover = new Handover(handedOver, {
    ...{ api, store, identity, rows, clock, random },
    records: () => conversations.all.map(({ record }) => record),
    isForgotten: (record) => people.isForgotten(record),
    index: () => backup.index,
    handed: (conversation) => handover.handed(conversation),
    isRevoked: (device) =>
      backup.index.revoked.includes(device) ||
      conversations.all.some(({ record }) => revokedOf(record).includes(device)),
    isOnline: () => connection.isOnline,
    inTurn: (task) => backup.inTurn(task),
    taken: (touched) => backup.handedOver(touched),
    changed: () => events.emit('backup', backup.status()),
  })
  return { backup, handover }
}
