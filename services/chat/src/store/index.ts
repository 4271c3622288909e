import { openPool, openPrisma } from '@fastchat/db'
import type { Logger } from '@fastchat/service'
import type { Announce, Log, Session, Writer } from '../domain/ports.ts'
import type { Caller } from '../domain/registry.ts'
import type { Traces } from '../domain/traces.ts'
import { assertDurable } from './assert-durable.ts'
import { assertIsolation } from './assert-isolation.ts'
import { assertTimeouts } from './assert-timeouts.ts'
import { type Attachments, createAttachments } from './attachments.ts'
import { awaitDatabase } from './await-database.ts'
import { createConversationKeys } from './conversation-keys.ts'
import { type Conversations, createConversations } from './conversations.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createLog } from './log.ts'
import { createMembership, type Membership } from './membership.ts'
import { resolveSession } from './sessions.ts'
import { createWriter, type WriterDeps } from './writer.ts'

export type StoreOptions = {
  readonly databaseUrl: string
  readonly databaseCa?: string | undefined
  readonly announce: Announce
  readonly log: Pick<Logger, 'warn' | 'error'>
  /**
   * Days after which an entry is deleted even if a device has not received it; at least
   * `minRetentionDays`.
   */
  readonly keepDays: number
  readonly onAppend?: WriterDeps['onAppend']
  readonly traces?: Traces | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * All operations of a pod on the database. `registerRoutes` (../routes) builds the REST operations
 * on them.
 */
export type Store = {
  readonly writer: Writer
  readonly log: Log
  readonly conversations: Conversations
  readonly membership: Membership
  readonly attachments: Attachments
  /** Returns undefined if the user has no such device, or the device was revoked. */
  resolveSession(actor: Caller): Promise<Session | undefined>
  /** Rejects while the database does not answer. */
  ping(): Promise<void>
  /** Waits for the sends in progress, then closes the connections. */
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
  const { databaseUrl, databaseCa, announce, log, keepDays, onAppend, traces, now } = options
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
    await awaitDatabase(() => assertDurable(sends), log)
    await awaitDatabase(() => assertTimeouts(sends), log)
    await awaitDatabase(() => assertIsolation(sends), log)
  } catch (error) {
    await closePools()
    throw error
  }
  const keys = createConversationKeys(sends)
  const writer = createWriter({ pool: sends, keys, announce, log, ...(onAppend && { onAppend }), traces, now })
  const logOfEntries = createLog(syncs)
  const attachments = createAttachments(others)
  const housekeeping = createHousekeeping({ pool: others, attachments, keepDays, log })
  return {
    writer,
    log: logOfEntries,
    conversations: createConversations({ prisma, pool: others }),
    membership: createMembership({ pool: others, entries: logOfEntries, announce, log, now }),
    attachments,
    resolveSession: (actor) => resolveSession(others, actor),
    ping: async () => void (await others.query('select 1')),
    async close() {
      await housekeeping.stop()
      await writer.idle()
      await closePools()
    },
  }
}
