import type { Clock } from '@fastchat/clock'
import {
  type BackedUpChat,
  type BackupHead,
  type ConversationId,
  chatOperations,
  type DeviceId,
  type IndexedSegment,
  type UserId,
} from '@fastchat/schema'
import { ClientError, ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../trouble.ts'
import { writeAbsent } from './absent-lines.ts'
import { rotateBackup } from './account-backup.ts'
import { type BackupRecord, readBackup } from './backup-record.ts'
import type { BackupStatus } from './backup-status.ts'
import { RemoteIndex } from './remote-index.ts'
import { openSegments, type RestorePort, restoreSegment } from './restore-history.ts'
import { deleteUnlisted, saveChat } from './save-history.ts'

export type BackupPort = {
  readonly api: Api
  readonly store: Store
  readonly own: { readonly userId: UserId; readonly deviceId: DeviceId }
  records(): readonly ConversationRecord[]
  /** Returns whether the server has named all chats of this device. */
  hasAllChats(): boolean
  /** Resolves when the chats that the server has named are here, or `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>
  /** Adds a chat that only the backup knows. Its history can be read. */
  remember(conversation: ConversationId, chat: BackedUpChat): Promise<void>
  /** Returns the newest backup that the account state tells of. */
  head(): BackupHead | undefined
  /** Called when there is a newer one for the account state. */
  headMoved(): void
  isOnline(): boolean
  tell(trouble: Trouble): void
  changed(status: BackupStatus): void
  /** Called when lines of a chat were restored. */
  restored(conversation: ConversationId): void
  readonly clock: Pick<Clock, 'wallMs'>
  random(): number
}

/** The delay behind the last new line, up to twice this: own devices see the same lines. */
const quietMs = 10_000
/** Least time between two backups of one process. An index may have many kilobytes. */
const leastMs = 120_000
/** A client that stops begins no further segment after this time. The next run goes on. */
const stopMs = 3_000
/** Interval between looks at the index of a device that has nothing to store. */
const askAgainMs = 10 * 60_000
/** The first segments of this many chats are restored before a device counts as settled. */
const maxChatsAtOnce = 50

/** Keeps the history of this account in an encrypted backup, and restores missing lines. */
export class Backup {
  readonly #port: BackupPort
  readonly #remote: RemoteIndex
  readonly #serial = new Serial()
  #stopping = new AbortController()
  readonly #dirty = new Set<ConversationId>()
  readonly #missing = new Map<string, IndexedSegment>()
  readonly #joined = new Map<ConversationId, number>()
  #lost: ReadonlySet<string> = new Set()
  /** The server may have lost segments. */
  #mustCheck = false
  #isFirst = true
  #askedAt = Number.NEGATIVE_INFINITY
  #savedAt = Number.NEGATIVE_INFINITY
  #waiting: Promise<void> | undefined
  #arriving = 0
  #progress = { done: 0, of: 0 }
  #problem: string | undefined

  constructor(record: BackupRecord, port: BackupPort) {
    this.#port = port
    this.#remote = new RemoteIndex(record, port)
  }

  static readonly read = readBackup

  /** The newest backup that this device knows, for the account state. @internal */
  get head(): BackupHead | undefined {
    return this.#remote.head
  }

  /** Returns whether the newest lines of the chats are still being restored. @internal */
  get isArriving(): boolean {
    return this.#arriving > 0
  }

  /** Looks for new segments in the backup, after a connection. @internal */
  async connected(dbEpoch: string): Promise<void> {
    const known = this.#remote.record.dbEpoch
    this.#mustCheck ||= known !== undefined && known !== dbEpoch
    this.#remote.connected(dbEpoch)
    if (this.#port.clock.wallMs() - this.#askedAt < askAgainMs) return
    this.#arriving++
    let isOver = false
    const arrived = () => {
      if (!isOver) this.#arriving--
      isOver = true
    }
    try {
      await this.#serial.run(() => this.#restore(this.#stopping.signal, arrived))
    } catch (error) {
      this.#problem = problemOf(error)
    } finally {
      arrived()
    }
    this.#schedule()
  }

  /** Notes that a chat has new lines. They are stored a little later. @internal */
  noted(conversation: ConversationId): void {
    this.#dirty.add(conversation)
    this.#schedule()
  }

  /** Notes that this device has joined a chat, and reads it from there on. @internal */
  joined({ conversation, joinedSeq }: ConversationRecord): void {
    if (joinedSeq === 0 || this.#joined.get(conversation) === joinedSeq) return
    this.#joined.set(conversation, joinedSeq)
    const isKnown = this.#remote.record.index.segments.some((one) => one.conversation === conversation)
    if (isKnown) this.#inTurn(() => this.#tellAbsent([conversation]))
  }

  /** Notes that the server has named all chats of this device. @internal */
  caughtUp(): void {
    this.#inTurn(async () => {
      await this.#port.opened(this.#stopping.signal)
      await this.#rememberChats()
    })
  }

  /**
   * Restores the lines that this device lacks, and stores those that the backup lacks.
   *
   * @throws {ClientError} `backup_no_key`
   * @throws the error of the request when the server does not answer, or `signal`'s reason
   */
  async now(signal: AbortSignal = new AbortController().signal): Promise<BackupStatus> {
    const both = AbortSignal.any([signal, this.#stopping.signal])
    await this.#serial.run(async () => {
      await this.#restore(both)
      signal.throwIfAborted()
      if (!this.#remote.key) throw new ClientError('backup_no_key')
      this.#mustCheck = true
      await this.#save(both)
      signal.throwIfAborted()
    })
    return this.status()
  }

  /** Switches the backup on or off, for all devices of the account. Stored segments stay. */
  async switch(isOn: boolean): Promise<BackupStatus> {
    const switched = { isOn, at: this.#port.clock.wallMs() }
    await this.#serial.run(async () => {
      if (!(await this.#remote.put((index) => ({ ...index, switched })))) throw new ClientError('backup_no_key')
      this.#port.headMoved()
    })
    this.#schedule()
    return this.#tellStatus()
  }

  /** Returns how far the backup has got. */
  status(): BackupStatus {
    const { index, version, savedAt } = this.#remote.record
    const { segments } = index
    return {
      state: !this.#remote.key ? 'no_key' : this.#isOff ? 'off' : 'on',
      version,
      generation: this.#remote.generation,
      chats: new Set(segments.map(({ conversation }) => conversation)).size,
      segments: segments.length,
      lines: segments.reduce((sum, { count }) => sum + count, 0),
      bytes: segments.reduce((sum, { size }) => sum + size, 0),
      isUpToDate: !this.#isFirst && this.#dirty.size === 0,
      ...(savedAt !== undefined && { savedAt }),
      restored: this.#progress,
      missing: this.#missing.size,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    }
  }

  /**
   * Replaces the backup key, so that the device `revoked` cannot read what is stored later. A
   * failure is told as a trouble: it must not keep a device from being revoked.
   *
   * @internal
   */
  async rotate(accountPrivate: Uint8Array, revoked: DeviceId): Promise<void> {
    const { api, own, tell } = this.#port
    try {
      await this.#serial.run(async () => {
        const next = await rotateBackup({ api, ...own, accountPrivate }, this.#remote.record, revoked)
        if (revoked !== own.deviceId) await this.#remote.keep(next)
        this.#port.headMoved()
      })
    } catch {
      tell(new Trouble({ code: 'backup_not_rotated' }, {}))
    }
  }

  /** Goes on after `stop`. @internal */
  start(): void {
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
  }

  /**
   * Stores new lines, if the server can be reached. Then this object no longer uses the store.
   *
   * @internal
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#waiting
    await this.#serial.idle()
    if (this.#dirty.size === 0 || this.#isOff || !this.#port.isOnline() || !this.#remote.key) return
    await this.#save(AbortSignal.timeout(stopMs)).catch(() => {})
  }

  get #isOff(): boolean {
    return this.#remote.record.index.switched?.isOn === false
  }

  #schedule(): void {
    const { signal } = this.#stopping
    if (this.#waiting || signal.aborted) return
    const sinceMs = this.#port.clock.wallMs() - this.#savedAt
    const waitMs = Math.max(quietMs * (1 + this.#port.random()), leastMs - sinceMs)
    this.#waiting = pause(waitMs, signal).then(async () => {
      this.#waiting = undefined
      if (signal.aborted || !this.#port.isOnline()) return
      await this.#serial.run(() => this.#save(signal)).catch(() => this.#schedule())
    })
  }

  /** Fetches the index, and the segments that this device lacks, the newest of each chat first. */
  async #restore(signal: AbortSignal, arrived: () => void = () => {}): Promise<void> {
    const { version } = this.#remote.record
    await this.#refresh()
    this.#askedAt = this.#port.clock.wallMs()
    if (this.#remote.record.version !== version) this.#port.headMoved()
    const port = this.#restorePort
    const open = await openSegments(port)
    const first = new Set(open.map(({ conversation }) => conversation)).size
    const touched = new Set<ConversationId>()
    this.#progress = { done: 0, of: open.length }
    this.#missing.clear()
    for (const [n, segment] of open.entries()) {
      if (signal.aborted) return
      if (n >= Math.min(first, maxChatsAtOnce)) arrived()
      const outcome = await restoreSegment(port, segment)
      if (outcome === 'missing') this.#missing.set(segment.id, segment)
      touched.add(segment.conversation)
      this.#progress = { done: n + 1, of: open.length }
      this.#tellStatus()
    }
    await this.#rememberChats()
    await this.#tellMissing(touched)
  }

  /** Gets the index. Stores it again if the server has lost a part of it. */
  async #refresh(): Promise<void> {
    const { isGood } = await this.#remote.fetch()
    if (!isGood && this.#remote.key) await this.#remote.put((index) => index)
  }

  async #tellMissing(touched: ReadonlySet<ConversationId>): Promise<void> {
    if (this.#missing.size > 0) {
      // The list may be older than the server's: another device replaces segments.
      await this.#remote.fetch()
      const listed = new Set<string>(this.#remote.record.index.segments.map(({ id }) => id))
      for (const id of this.#missing.keys()) if (!listed.has(id)) this.#missing.delete(id)
      if (this.#missing.size > 0) this.#port.tell(new Trouble({ code: 'backup_incomplete' }, {}))
    }
    await this.#tellAbsent(touched)
  }

  async #tellAbsent(conversations: Iterable<ConversationId>): Promise<void> {
    for (const conversation of conversations) {
      const record = this.#recordOf(conversation)
      await writeAbsent(this.#restorePort, record, conversation, [...this.#missing.values()])
      this.#port.restored(conversation)
    }
  }

  /** Runs a task in the background. The next connection repeats a failed one. */
  #inTurn(task: () => Promise<void>): void {
    this.#serial.run(task).catch((error: unknown) => {
      this.#problem = problemOf(error)
    })
  }

  /** Adds the chats that the server does not name to this device. */
  async #rememberChats(): Promise<void> {
    if (!this.#port.hasAllChats() || this.#stopping.signal.aborted) return
    const known = new Set(this.#port.records().map(({ conversation }) => conversation))
    // The cast holds because the form has checked the keys.
    for (const [id, chat] of Object.entries(this.#remote.record.index.chats) as [ConversationId, BackedUpChat][])
      if (!known.has(id)) await this.#port.remember(id, chat)
  }

  /** Stores new lines in the backup. The first run of a process looks at all chats. */
  async #save(signal: AbortSignal): Promise<void> {
    if (this.#isOff) return
    await this.#refresh()
    if (!this.#remote.key) return
    if (this.#mustCheck) {
      await this.#findLost()
      this.#isFirst = true
    }
    const records = this.#port.records()
    const todo = this.#isFirst ? records : records.filter(({ conversation }) => this.#dirty.has(conversation))
    this.#savedAt = this.#port.clock.wallMs()
    try {
      for (const record of todo) {
        this.#dirty.delete(record.conversation)
        while (await saveChat(this.#savePort, record, signal)) {
          if (!signal.aborted) continue
          this.#isFirst = true
          return
        }
      }
      this.#isFirst = false
      this.#problem = undefined
      if ((this.#remote.record.unlisted ?? []).length > 0) await deleteUnlisted(this.#savePort)
      await this.#remote.keep({ savedAt: this.#savedAt })
    } catch (error) {
      for (const { conversation } of todo) this.#dirty.add(conversation)
      this.#problem = problemOf(error)
      if (this.#problem === 'quota_exceeded') this.#port.tell(new Trouble({ code: 'backup_full' }, {}))
      throw error
    } finally {
      this.#port.headMoved()
      this.#tellStatus()
    }
  }

  /** Finds segments that the server has lost, so that this device stores their lines again. */
  async #findLost(): Promise<void> {
    const stored = new Set<string>()
    for (let after: IndexedSegment['id'] | undefined; ; ) {
      const query = { ...(after !== undefined && { after }) }
      const { segments, next } = await this.#port.api.call(chatOperations.listBackupSegments, { query })
      for (const { segment } of segments) stored.add(segment)
      if (next === undefined || next === after) break
      after = next
    }
    this.#lost = new Set(this.#remote.record.index.segments.map(({ id }) => id).filter((id) => !stored.has(id)))
    this.#mustCheck = false
  }

  #recordOf(conversation: ConversationId): ConversationRecord | undefined {
    return this.#port.records().find((record) => record.conversation === conversation)
  }

  #tellStatus(): BackupStatus {
    const status = this.status()
    this.#port.changed(status)
    return status
  }

  get #savePort() {
    const { api, store, own } = this.#port
    return { api, store, userId: own.userId, remote: this.#remote, lost: this.#lost }
  }

  get #restorePort(): RestorePort {
    const { tell, restored } = this.#port
    return { ...this.#savePort, tell, restored, record: (id) => this.#recordOf(id) }
  }
}

const problemOf = (error: unknown): string =>
  error instanceof ServerError || error instanceof ClientError ? error.code : 'unreachable'
