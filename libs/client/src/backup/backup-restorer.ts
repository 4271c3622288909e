import type { BackedUpChat, ConversationId, IndexedSegment } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import { writeAbsent } from './absent-lines.ts'
import type { BackupPort } from './backup-port.ts'
import type { RemoteIndex } from './remote-index.ts'
import { openSegments, type RestorePort, restoreSegment } from './restore-history.ts'

/** The first segments of this many chats are restored before a device counts as settled. */
const maxChatsAtOnce = 50

type Hooks = {
  /** Segments of the index that the server has lost. */
  readonly lost: () => ReadonlySet<string>
  readonly moved: () => void
  readonly isStopping: () => boolean
}

/** Restores from the backup what this device lacks. Call it from one task at a time. */
export class BackupRestorer {
  readonly #port: BackupPort
  readonly #remote: RemoteIndex
  readonly #hooks: Hooks
  readonly #missing = new Map<string, IndexedSegment>()
  #askedAt = Number.NEGATIVE_INFINITY
  #progress = { done: 0, of: 0 }

  constructor(remote: RemoteIndex, port: BackupPort, hooks: Hooks) {
    this.#remote = remote
    this.#port = port
    this.#hooks = hooks
  }

  /** When this device has looked at the index last. */
  get askedAt(): number {
    return this.#askedAt
  }

  /** The number of segments that the server did not give. */
  get missing(): number {
    return this.#missing.size
  }

  get progress(): { readonly done: number; readonly of: number } {
    return this.#progress
  }

  /**
   * Gets the index, and what it has for this device, the newest of each chat first. Calls `arrived`
   * when the newest part of each chat is here.
   *
   * @throws the error of the request when the server does not answer
   */
  async restore(signal: AbortSignal, arrived: () => void = () => {}): Promise<void> {
    const { version } = this.#remote.record
    await this.#remote.refresh()
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
      await this.#port.handover.take(signal)
      const outcome = await restoreSegment(port, segment)
      if (outcome === 'missing') this.#missing.set(segment.id, segment)
      touched.add(segment.conversation)
      this.#progress = { done: n + 1, of: open.length }
      this.#hooks.moved()
    }
    await this.rememberChats()
    await this.#tellMissing(touched)
  }

  /** Adds the chats that the server does not name to this device. */
  async rememberChats(): Promise<void> {
    if (!this.#port.hasAllChats() || this.#hooks.isStopping()) return
    const known = new Set(this.#port.records().map(({ conversation }) => conversation))
    const all = { ...this.#port.handover.chats(), ...this.#remote.record.index.chats }
    // The cast holds because the form has checked the keys.
    for (const [id, chat] of Object.entries(all) as [ConversationId, BackedUpChat][])
      if (!known.has(id)) await this.#port.remember(id, chat)
  }

  /** Writes into chats which of their positions are neither in the backup nor on this device. */
  async tellAbsent(conversations: Iterable<ConversationId>): Promise<void> {
    for (const conversation of conversations) {
      const record = this.#recordOf(conversation)
      await writeAbsent(this.#restorePort, record, conversation, [...this.#missing.values()])
      this.#port.restored(conversation)
    }
  }

  async #tellMissing(touched: ReadonlySet<ConversationId>): Promise<void> {
    if (this.#missing.size > 0) {
      // The list may be older than the server's: another device replaces segments.
      await this.#remote.fetch()
      const listed = new Set<string>(this.#remote.record.index.segments.map(({ id }) => id))
      for (const id of this.#missing.keys()) if (!listed.has(id)) this.#missing.delete(id)
      if (this.#missing.size > 0) this.#port.tell(new Trouble({ code: 'backup_incomplete' }, {}))
    }
    await this.tellAbsent(touched)
  }

  #recordOf(conversation: ConversationId): ConversationRecord | undefined {
    return this.#port.records().find((record) => record.conversation === conversation)
  }

  get #restorePort(): RestorePort {
    const { api, store, own, tell, restored } = this.#port
    return {
      ...{ api, store, userId: own.userId, remote: this.#remote, lost: this.#hooks.lost() },
      ...{ tell, restored, record: (id) => this.#recordOf(id) },
      handed: (id) => this.#port.handover.handed(id),
    }
  }
}
