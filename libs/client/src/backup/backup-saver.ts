import { type ConversationId, chatOperations, type IndexedSegment } from '@fastchat/schema'
import { Trouble } from '../trouble.ts'
import type { BackupPort } from './backup-port.ts'
import { lastOf, withoutForgotten } from './index-contents.ts'
import { problemOf } from './problem-of.ts'
import type { RemoteIndex } from './remote-index.ts'
import { deleteUnlisted, saveChat } from './save-history.ts'

/** Stores in the backup what only this device has. Call it from one task at a time. */
export class BackupSaver {
  readonly #port: BackupPort
  readonly #remote: RemoteIndex
  readonly #dirty = new Set<ConversationId>()
  #lost: ReadonlySet<string> = new Set()
  /** The server may have lost segments. */
  #mustCheck = false
  #isFirst = true
  #savedAt = Number.NEGATIVE_INFINITY
  #problem: string | undefined

  constructor(remote: RemoteIndex, port: BackupPort) {
    this.#remote = remote
    this.#port = port
  }

  /** When the last attempt to store began. */
  get savedAt(): number {
    return this.#savedAt
  }

  /** Segments of the index that the server has lost. */
  get lost(): ReadonlySet<string> {
    return this.#lost
  }

  /** The code of the error that ended the last attempt. */
  get problem(): string | undefined {
    return this.#problem
  }

  get hasNews(): boolean {
    return this.#dirty.size > 0
  }

  get isUpToDate(): boolean {
    return !this.#isFirst && !this.hasNews
  }

  /** Notes that a chat has new lines. */
  noted(conversation: ConversationId): void {
    this.#dirty.add(conversation)
  }

  /** Notes that the next save must look whether the server still has each segment. */
  mustCheck(): void {
    this.#mustCheck = true
  }

  /**
   * Stores what is new. The first time of a process looks at all chats.
   *
   * @throws the error of the request when the server does not answer
   */
  async save(signal: AbortSignal): Promise<void> {
    if (this.#remote.isOff) return
    await this.#remote.refresh()
    if (!this.#remote.key) return
    await this.forget()
    if (this.#mustCheck) {
      await this.#findLost()
      this.#isFirst = true
    }
    const forgotten = this.#port.forgotten()
    const records = this.#port.records().filter(({ conversation }) => !(conversation in forgotten))
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
    }
  }

  /**
   * Removes from the backup what the account has forgotten. It works while the backup is off, too.
   *
   * @throws the error of the request when the server does not answer
   */
  async forget(): Promise<void> {
    const { index } = this.#remote.record
    const gone: Record<string, number> = {}
    for (const [id, seq] of Object.entries(this.#port.forgotten())) {
      // A chat that the backup does not know needs no line in its index.
      const segments = index.segments.filter(({ conversation }) => conversation === id)
      if (segments.length === 0 && !(id in index.chats)) continue
      const cursor = this.#port.records().find(({ conversation }) => conversation === id)?.cursor ?? 0
      const last = Math.max(1, ...segments.map(lastOf))
      // This device may have read further before it knew. A later membership is beyond its cursor.
      const end = cursor > 0 ? Math.max(seq, Math.min(last, cursor)) : seq || last
      if (end > (index.forgotten?.[id] ?? 0)) gone[id] = end
    }
    if (Object.keys(gone).length === 0) return
    const before = new Set(index.segments.map(({ id }) => id))
    if (await this.#remote.put((now) => withoutForgotten(now, gone))) await deleteUnlisted(this.#savePort, before)
    this.#port.headMoved()
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

  get #savePort() {
    const { api, store, own } = this.#port
    return {
      ...{ api, store, userId: own.userId, remote: this.#remote, lost: this.#lost },
      newId: () => this.#port.newId(),
      handed: (id: ConversationId) => this.#port.handover.handed(id),
    }
  }
}
