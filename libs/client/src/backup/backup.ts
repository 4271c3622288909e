import type { BackupHead, BackupIndex, ConversationId, DeviceId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord } from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import type { BackupPort } from './backup-port.ts'
import { type BackupRecord, readBackup } from './backup-record.ts'
import { BackupRestorer } from './backup-restorer.ts'
import { BackupSaver } from './backup-saver.ts'
import type { BackupStatus } from './backup-status.ts'
import { BackupTimers } from './backup-timers.ts'
import { problemOf } from './problem-of.ts'
import { RemoteIndex } from './remote-index.ts'
import { replaceBackupKey, unlockBackup } from './replace-backup-key.ts'
import { statusOf } from './status-of.ts'

/** A client that stops begins no further segment after this time. The next run goes on. */
const stopMs = 3_000
/** Interval between looks at the index of a device that has nothing to store. */
const askAgainMs = 10 * 60_000

/** Keeps the history of this account in an encrypted backup, and restores missing lines. */
export class Backup {
  readonly #port: BackupPort
  readonly #remote: RemoteIndex
  readonly #saver: BackupSaver
  readonly #restorer: BackupRestorer
  readonly #serial = new Serial()
  #stopping = new AbortController()
  readonly #joined = new Map<ConversationId, number>()
  readonly #timers: BackupTimers
  #arriving = 0
  #problem: string | undefined

  constructor(record: BackupRecord, port: BackupPort) {
    this.#port = port
    this.#remote = new RemoteIndex(record, port)
    this.#timers = new BackupTimers(port)
    this.#saver = new BackupSaver(this.#remote, port)
    this.#restorer = new BackupRestorer(this.#remote, port, {
      lost: () => this.#saver.lost,
      moved: () => this.#tellStatus(),
      isStopping: () => this.#stopping.signal.aborted,
    })
  }

  static readonly read = readBackup

  /** The index of the backup, as this device knows it. @internal */
  get index(): BackupIndex {
    return this.#remote.record.index
  }

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
    // A device may be stopped and started again.
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
    const known = this.#remote.record.dbEpoch
    if (known !== undefined && known !== dbEpoch) this.#saver.mustCheck()
    this.#remote.connected(dbEpoch)
    if (this.#port.clock.wallMs() - this.#restorer.askedAt < askAgainMs) return
    this.#arriving++
    let isOver = false
    const arrived = () => {
      if (!isOver) this.#arriving--
      isOver = true
    }
    try {
      await this.#serial.run(() => this.#restorer.restore(this.#stopping.signal, arrived))
    } catch (error) {
      this.#problem = problemOf(error)
    } finally {
      arrived()
    }
    this.#schedule()
  }

  /** Notes that a chat has new lines. They are stored a little later. @internal */
  noted(conversation: ConversationId): void {
    this.#saver.noted(conversation)
    this.#schedule()
  }

  /**
   * Notes that the account has decided about chats: the backup keeps nothing of forgotten ones.
   *
   * @internal
   */
  decided(): void {
    if (!this.#port.isOnline()) return
    this.#inTurn(async () => {
      await this.#saver.forget()
      this.#tellStatus()
    })
  }

  /** Notes that another device of the account has stored something. @internal */
  pushed(): void {
    const { signal } = this.#stopping
    this.#timers.scheduleLook(signal, () => this.#inTurn(() => this.#restorer.restore(signal)))
  }

  /**
   * Gives this device the backup key, if it has none. The account key is at hand because a person
   * has just entered the password. Never rejects: the entry was for something else.
   */
  async unlocked(accountPrivate: Uint8Array): Promise<void> {
    const { record, key } = this.#remote
    if (record.deviceKey !== undefined && key) return
    await this.#serial.run(() => unlockBackup(this.#remote, this.#port, accountPrivate)).catch(this.#failed)
    this.#inTurn(() => this.#restorer.restore(this.#stopping.signal))
    this.#schedule()
  }

  /** Notes that this device has joined a chat, and reads it from there on. @internal */
  joined({ conversation, joinedSeq }: ConversationRecord): void {
    if (joinedSeq === 0 || this.#joined.get(conversation) === joinedSeq) return
    this.#joined.set(conversation, joinedSeq)
    const isKnown = this.#remote.record.index.segments.some((one) => one.conversation === conversation)
    if (isKnown) this.#inTurn(() => this.#restorer.tellAbsent([conversation]))
  }

  /** Notes that the server has named all chats of this device. @internal */
  caughtUp(): void {
    this.#inTurn(async () => {
      await this.#port.opened(this.#stopping.signal)
      await this.#restorer.rememberChats()
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
      await this.#restorer.restore(both)
      signal.throwIfAborted()
      if (!this.#remote.key) throw new ClientError('backup_no_key')
      this.#saver.mustCheck()
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
    const problem = this.#saver.problem ?? this.#problem
    return statusOf(this.#remote, {
      isUpToDate: this.#saver.isUpToDate,
      restored: this.#restorer.progress,
      missing: this.#restorer.missing,
      fromDevice: this.#port.handover.status,
      ...(problem !== undefined && { problem }),
    })
  }

  /**
   * Replaces the backup key, so that the device `revoked` cannot read what is stored later. A
   * failure is told as a trouble: it must not keep a device from being revoked.
   *
   * @internal
   */
  async rotate(accountPrivate: Uint8Array, revoked: DeviceId): Promise<void> {
    try {
      await this.#serial.run(() => replaceBackupKey(this.#remote, this.#port, accountPrivate, revoked))
    } catch {
      this.#port.tell(new Trouble({ code: 'backup_not_rotated' }, {}))
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
    await this.#timers.idle()
    await this.#serial.idle()
    if (!this.#saver.hasNews || this.#remote.isOff || !this.#port.isOnline() || !this.#remote.key) return
    await this.#save(AbortSignal.timeout(stopMs)).catch(() => {})
  }

  async #save(signal: AbortSignal): Promise<void> {
    try {
      await this.#saver.save(signal)
      this.#problem = undefined
    } finally {
      this.#tellStatus()
    }
  }

  #schedule(): void {
    const { signal } = this.#stopping
    this.#timers.scheduleSave(signal, this.#saver.savedAt, () =>
      this.#serial.run(() => this.#save(signal)).catch(() => this.#schedule()),
    )
  }

  /** Notes that another device has handed over lines of these chats. Call it inside `inTurn`. */
  async handedOver(conversations: ReadonlySet<ConversationId>): Promise<void> {
    await this.#restorer.rememberChats()
    await this.#restorer.tellAbsent(conversations)
    for (const conversation of conversations) this.noted(conversation)
  }

  /** Runs a task that writes restored lines, in turn with those of the backup. */
  inTurn<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#serial.run(() => task(this.#stopping.signal))
  }

  /** Runs a task in the background. The next connection repeats a failed one. */
  #inTurn(task: () => Promise<void>): void {
    this.#serial.run(task).catch(this.#failed)
  }

  readonly #failed = (error: unknown): void => {
    this.#problem = problemOf(error)
  }

  #tellStatus(): BackupStatus {
    const status = this.status()
    this.#port.changed(status)
    return status
  }
}
