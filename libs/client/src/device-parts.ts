import { deviceIdentity } from './account/enrol.ts'
import { KeyPackages } from './account/key-packages.ts'
import { Pins } from './account/pins.ts'
import { presentHeads } from './account-state/present-heads.ts'
import { SharedState } from './account-state/shared-state.ts'
import { type BackupParts, createBackupParts } from './backup-parts.ts'
import { ChatActions } from './chat-actions.ts'
import type { Context } from './conversation/context.ts'
import { Conversations } from './conversation/conversations.ts'
import { recountUnread } from './conversation/keep-counts.ts'
import { Files } from './files/files.ts'
import { Groups } from './groups/groups.ts'
import { History } from './history.ts'
import { KnownDatabase } from './known-database.ts'
import { Messages } from './messages/messages.ts'
import { Acks } from './net/acks.ts'
import { createBackoff } from './net/backoff.ts'
import { Connection } from './net/connection.ts'
import { newMessageId } from './new-id.ts'
import type { OpenDevice } from './open-device.ts'
import { Own } from './own/own.ts'
import { OwnSync } from './own/own-sync.ts'
import { OwnAccount } from './own-account/own-account.ts'
import { People } from './people/people.ts'
import { PeopleBook } from './people/people-book.ts'
import { Search } from './search/search.ts'
import { Signals } from './signals/signals.ts'
import { SyncProgress } from './sync-progress.ts'

export type DeviceParts = ReturnType<typeof createParts>

/** Makes the parts of a device. They emit on `events`. */
export function createParts(device: OpenDevice, events: Context['events']) {
  const { store, identity, dbEpoch, kept, rows, pinTable, decisions, cards } = device
  const { rest, tokens, api, podUrls, clock, random } = device
  const sync = new SyncProgress()
  const own = deviceIdentity(identity)
  const keyPackages = new KeyPackages(api, store, own, clock)
  const onError = (error: Error) => events.emit('trouble', error)
  const connection = new Connection({
    ...{ rest, tokens, podUrls, clock },
    backoff: createBackoff(random, clock),
    cursors: () => conversations.cursors(),
  })
  const acks = new Acks((frame) => connection.post(frame))
  const pins = new Pins(pinTable, {
    ...{ api, store, tell: onError },
    changed: () => shared.changed(),
    tellChats: ({ userId, code }) => conversations.tellOf(userId, code),
  })
  const book = new PeopleBook(store, decisions, {
    changed: () => {
      shared.changed()
      backup.decided()
    },
    stood: (users) => {
      recountUnread({ conversations, events })
      events.emit('people', { users })
    },
  })
  const people = new People({
    identity,
    store,
    pins,
    book,
    cards,
    clock,
    newId: newMessageId,
    events,
    conversations: () => conversations,
  })
  const shared: SharedState = new SharedState(identity, kept, {
    ...{ store, pins, api, clock, random },
    people: {
      shared: () => people.shared(),
      async take(decisions) {
        await people.take(decisions)
        backup.decided()
      },
    },
    isOnline: () => connection.isOnline,
    heads: () => presentHeads(conversations.all),
    tell: onError,
    split: (conversation) => conversations.tellSplit(conversation),
    named: (conversation, profile) => conversations.learnName(conversation, profile),
    backup: () => backup.head,
  })
  const context: Context = {
    ...{ api, store, connection, acks, pins, keyPackages, events, clock, random },
    identity: own,
    people: people.hooks,
    headOf: (conversation) => shared.head(conversation),
    counters: { undecryptable: 0, rejoins: 0, restarts: 0, wrongSenders: 0, alarms: 0, skipped: 0 },
    hasSynced: () => sync.hasSynced,
    isSynced: () => sync.isSynced,
    newId: newMessageId,
  }
  const conversations: Conversations = new Conversations({ context, pins })
  const database = new KnownDatabase(context, () => conversations.all, dbEpoch)
  const chats = new ChatActions({ api, conversations, people, me: identity.userId, onError })
  const history = new History(store, clock)
  const files = new Files({
    ...{ store, api, clock, random },
    conversation: (id) => conversations.get(id),
    progress: (transfer) => events.emit('transfer', transfer),
    failed: (failure) => events.emit('failed', failure),
    onTrouble: onError,
  })
  const messages = new Messages({ context, files, rows, conversations, history })
  const listed = () => conversations.all.map(({ record }) => record).filter((record) => !people.isForgotten(record))
  const ownRecords = new Own({
    ...{ rows, clock },
    records: listed,
    record: (id) => conversations.get(id).record,
  })
  const signals = new Signals({
    ...{ store, connection, conversations, clock, random, onError },
    identity: own,
    privacy: {
      own: ownRecords,
      // A device that logged in before accounts had a state key shares nothing with the others.
      isKnown: () => rows.progress.dbEpoch !== undefined || identity.stateKey === undefined,
    },
    mayTell: ({ conversation }) => !people.isQuiet(conversation),
    isBlocked: (userId) => people.isBlocked(userId),
    mayTellPresence: (record) => !people.isPresenceQuiet(record),
  })
  const ownSync = new OwnSync(identity, rows, {
    ...{ api, clock, tell: onError, failed: onError },
    isOnline: () => connection.isOnline,
  })
  const search = new Search({
    conversations: () => listed().toSorted((a, b) => b.lastAt - a.lastAt),
    before: (id, limit, before) => history.before(id, limit, before),
    entry: (id) => history.entry(id),
    isHidden: (entry) => people.viewOf(entry) !== 'shown',
    isRequest: (id) => people.isRequest(id),
  })
  const groups = new Groups({ context, conversations, people, history })
  const account = new OwnAccount({
    ...{ rest, api, store, identity, groups },
    conversations: () => conversations.all,
    unlocked: (accountPrivate) => backup.unlocked(accountPrivate),
  })
  const { backup, handover }: BackupParts = createBackupParts(device, {
    ...{ book, connection, conversations, events, people, shared, sync },
  })
  return {
    search,
    rows,
    ownSync,
    own: ownRecords,
    connection,
    acks,
    shared,
    sync,
    book,
    people,
    keyPackages,
    context,
    conversations,
    database,
    chats,
    history,
    files,
    messages,
    account,
    backup,
    handover,
    groups,
    pins,
    signals,
    events,
  }
}
