import { type Clock, systemClock } from '@fastchat/clock'
import { bindServer } from './account/bind-server.ts'
import { deviceIdentity } from './account/enrol.ts'
import { KeyPackages } from './account/key-packages.ts'
import { inWorker, type PasswordWork } from './account/password-work.ts'
import { Pins } from './account/pins.ts'
import { presentHeads } from './account-state/present-heads.ts'
import { SharedState } from './account-state/shared-state.ts'
import type { KeptState } from './account-state/state-exchange.ts'
import { Backup } from './backup/backup.ts'
import type { BackupRecord } from './backup/backup-record.ts'
import { ChatActions } from './chat-actions.ts'
import type { Context } from './conversation/context.ts'
import { Conversations } from './conversation/conversations.ts'
import { revokedOf } from './conversation/revocations.ts'
import { ClientError } from './errors.ts'
import { Files } from './files/files.ts'
import { Groups } from './groups/groups.ts'
import { Handover } from './handover/handover.ts'
import type { HandoverRecord } from './handover/handover-record.ts'
import { History } from './history.ts'
import { KnownDatabase } from './known-database.ts'
import { Messages } from './messages/messages.ts'
import { Acks } from './net/acks.ts'
import { type Api, createApi } from './net/api.ts'
import { createBackoff } from './net/backoff.ts'
import { Connection } from './net/connection.ts'
import { createRest, type Rest } from './net/rest.ts'
import { createTokens, type Tokens } from './net/tokens.ts'
import { newMessageId } from './new-id.ts'
import { Own } from './own/own.ts'
import { OwnRows } from './own/own-rows.ts'
import { OwnSync } from './own/own-sync.ts'
import { OwnAccount } from './own-account/own-account.ts'
import { Cards } from './people/cards.ts'
import { People } from './people/people.ts'
import { PeopleBook } from './people/people-book.ts'
import { Search } from './search/search.ts'
import { Signals } from './signals/signals.ts'
import { getRecord, type Identity } from './store/records.ts'
import type { Store } from './store/store.ts'
import { SyncProgress } from './sync-progress.ts'

/** The options of a client. */
export type ClientOptions = {
  /** URLs of the pods to connect to, on any host, instead of those of the balancer. */
  readonly podUrls?: readonly string[] | undefined
  /** The clocks; by default those of this machine. */
  readonly clock?: Clock
  /** Returns a number from 0 up to, but not including, 1; by default `Math.random`. */
  readonly random?: () => number
  /** The derivation of a password's secrets; by default in a web worker, if there is one. */
  readonly passwordWork?: PasswordWork
}

/** The stored records and the ports of a device, from which its parts are made. */
export type OpenDevice = {
  readonly store: Store
  readonly identity: Identity
  readonly dbEpoch: string | undefined
  readonly kept: KeptState
  readonly rows: OwnRows
  readonly backedUp: BackupRecord
  readonly handedOver: HandoverRecord
  readonly pins: Pins
  readonly book: PeopleBook
  readonly cards: Cards
  readonly rest: Rest
  readonly tokens: Tokens
  readonly api: Api
  readonly podUrls: ClientOptions['podUrls']
  readonly clock: Clock
  readonly random: () => number
  readonly work: PasswordWork
}

/**
 * Reads the device in a store.
 *
 * @throws {ClientError} `not_signed_in` when the store holds no device, `another_server` when it
 *   belongs to another server
 */
export async function readDevice(baseUrl: string, store: Store, options: ClientOptions): Promise<OpenDevice> {
  const { podUrls, clock = systemClock, random = Math.random, passwordWork: work = inWorker } = options
  const identity = await getRecord<Identity>(store, 'meta', 'identity')
  if (!identity) throw new ClientError('not_signed_in')
  await bindServer(store, baseUrl)
  const rest = createRest(baseUrl)
  const tokens = createTokens(rest, store, clock)
  const api = createApi(rest, tokens)
  const pins = await Pins.load(api, store)
  const dbEpoch = await getRecord<string>(store, 'meta', 'dbEpoch')
  const kept = await SharedState.read(store)
  const rows = await OwnRows.open({ store, deviceId: identity.deviceId, clock })
  const backedUp = await Backup.read(store)
  const handedOver = await Handover.read(store)
  const book = await PeopleBook.load(store, kept.contents)
  const cards = await Cards.load(store, pins)
  return {
    ...{ store, identity, dbEpoch, kept, rows, backedUp, handedOver, pins, book, cards },
    ...{ rest, tokens, api, podUrls, clock, random, work },
  }
}

export type DeviceParts = ReturnType<typeof createParts>

/** Makes the parts of a device. They emit on `events`. */
export function createParts(device: OpenDevice, events: Context['events']) {
  const { store, identity, dbEpoch, kept, rows, backedUp, handedOver, pins, book, cards } = device
  const { rest, tokens, api, podUrls, clock, random, work } = device
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
  const shared = new SharedState(identity, kept, {
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
  const account = new OwnAccount(
    {
      ...{ rest, api, store, identity, groups },
      conversations: () => conversations.all,
      unlocked: (accountPrivate) => backup.unlocked(accountPrivate),
    },
    work,
  )
  const backup: Backup = new Backup(backedUp, {
    ...{ api, store, clock, random },
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
    tell: onError,
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
