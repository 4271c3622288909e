import type { Clock } from '@fastchat/clock'
import { openPool, openPrisma } from '@fastchat/db'
import type { Logger } from '@fastchat/service'
import type { EntryLog, Session } from '../domain/ports.ts'
import type { Caller } from '../domain/registry.ts'
import type { SignalStore } from '../domain/signals.ts'
import { assertDurable } from './assert-durable.ts'
import { assertIsolation } from './assert-isolation.ts'
import { assertTimeouts } from './assert-timeouts.ts'
import { type Attachments, createAttachments } from './attachments.ts'
import { awaitDatabase } from './await-database.ts'
import { type BackupSegments, createBackupSegments } from './backup-segments.ts'
import { type Conversations, createConversations } from './conversations.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createSignalStore } from './kept-signals.ts'
import { createLog } from './log.ts'
import { createPushSubscriptions, type PushSubscriptions } from './push-subscriptions.ts'
import { resolveSession } from './sessions.ts'
import { createUploadParts, type UploadParts } from './upload-parts.ts'
import { createWriters, type Writers, type WritersOptions } from './writers.ts'

export type StoreOptions = {
  readonly databaseUrl: string
  readonly databaseCa?: string | undefined
  readonly log: Pick<Logger, 'warn' | 'error'>
  /**
   * Days after which an entry is deleted even if a device has not received it; at least
   * `minRetentionDays`.
   */
  readonly keepDays: number
  readonly clock: Clock
  readonly random: () => number
  /** Returns a new UUID. */
  readonly newId: () => string
}

/**
 * All operations of a pod on the database. `registerRoutes` (../routes) builds the REST operations
 * on them.
 */
export type Store = {
  readonly log: EntryLog
  readonly signals: SignalStore
  readonly conversations: Conversations
  readonly attachments: Attachments
  readonly uploadParts: UploadParts
  readonly segments: BackupSegments
  readonly pushes: PushSubscriptions
  /** Returns undefined if the user has no such device, or the device was revoked. */
  resolveSession(actor: Caller): Promise<Session | undefined>
  /** Rejects while the database does not answer. */
  ping(): Promise<void>
  /**
   * Creates the parts that add entries. Call it once; wait for the writer's `idle` before `close`.
   */
  openWriters(options: WritersOptions): Writers
  /** Closes the connections. */
  close(): Promise<void>
}

/**
 * Long enough for the batch of another pod, and short enough that a stuck lock delays no other
 * sender for long.
 */
const lockTimeoutMs = 300
/** If the database does not answer, a sender gets `busy` within 3 s. */
const sendTimeoutMs = 2_500
/**
 * One connection stores the batch in flight. The other one looks for unlocked conversations while
 * the first waits for a lock.
 */
const sendConnections = 2
const syncConnections = 6
const otherConnections = 4

/**
 * Opens the database with separate pools for sends, for reading the log and for everything else.
 * None of the three can use up the connections of another.
 *
 * @throws Error when the settings of the database make an ack less than a durable commit, or let a
 *   stuck statement hang
 */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, databaseCa, log, keepDays, clock, random, newId } = options
  const open = (applicationName: string, maxConnections: number, timeoutMs?: number) =>
    openPool(databaseUrl, {
      databaseCa,
      applicationName,
      maxConnections,
      lockTimeoutMs,
      ...(timeoutMs !== undefined && { timeoutMs }),
      onIdleError: (err) => log.warn({ err, pool: applicationName }, 'database connection lost'),
    })
  const sends = open('fastchat-chat-send', sendConnections, sendTimeoutMs)
  const syncs = open('fastchat-chat-sync', syncConnections)
  const others = open('fastchat-chat', otherConnections)
  const prisma = openPrisma(databaseUrl, {
    databaseCa,
    applicationName: 'fastchat-chat-prisma',
    maxConnections: otherConnections,
  })
  const closePools = async () => {
    await Promise.all([sends.end(), syncs.end(), others.end(), prisma.$disconnect()])
  }
  try {
    await awaitDatabase(() => assertDurable(sends), { log, clock })
    await awaitDatabase(() => assertTimeouts(sends), { log, clock })
    await awaitDatabase(() => assertIsolation(sends), { log, clock })
  } catch (error) {
    await closePools()
    throw error
  }
  const entries = createLog(syncs)
  const attachments = createAttachments(others, newId)
  const housekeeping = createHousekeeping({ pool: others, attachments, keepDays, log, random })
  return {
    log: entries,
    signals: createSignalStore(syncs),
    conversations: createConversations({ prisma, pool: others, newId }),
    attachments,
    uploadParts: createUploadParts(others),
    segments: createBackupSegments(others),
    pushes: createPushSubscriptions(others),
    resolveSession: (actor) => resolveSession(others, actor),
    ping: async () => void (await others.query('select 1')),
    openWriters: (writers) => createWriters({ sends, others, entries, log, clock }, writers),
    async close() {
      await housekeeping.stop()
      await closePools()
    },
  }
}
