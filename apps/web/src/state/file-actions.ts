import { newMessageId } from '@fastchat/client/ids'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { FileToSend } from '../engine/calls/file-calls.ts'
import type { Line } from '../engine/line.ts'
import { CallError } from './engine-link.ts'
import type { Tab } from './tab.ts'
import type { TimelineActions } from './timeline-actions.ts'

/** The sent files whose bytes this tab keeps to show them. The oldest goes. */
const maxHeldFiles = 20

export type FilesToSend = {
  readonly files: readonly File[]
  /** It goes with the first file. */
  readonly caption: string
  /** Pictures are sent as they are, with what they tell about their place and camera. */
  readonly isOriginal: boolean
}

/** Sends, fetches and shows files. */
export class FileActions {
  readonly #tab: Tab
  readonly #timeline: TimelineActions
  readonly #held = new Map<MessageId, Blob>()

  constructor(tab: Tab, timeline: TimelineActions) {
    this.#tab = tab
    this.#timeline = timeline
  }

  /** Sends files, one message each. Their lines are shown before the engine has them. */
  async send({ files, caption, isOriginal }: FilesToSend): Promise<void> {
    const { open: conversation, engine } = this.#tab.state
    if (conversation === undefined) return
    for (const [n, file] of files.entries())
      await this.#tab.told(async () => {
        const most = engine?.maxFileBytes ?? 0
        if (file.size > most) throw new CallError({ code: 'too_large', message: file.name })
        const prepared = await this.#tab.prepare(file, isOriginal)
        await this.#sendOne(conversation, prepared, n === 0 ? caption.trim() : '')
      })
  }

  async #sendOne(conversation: ConversationId, file: FileToSend, caption: string): Promise<void> {
    const id = newMessageId()
    const { me } = this.#tab.state.engine ?? {}
    const { blob, name, picture } = file
    this.#hold(id, blob)
    const line: Line = {
      ...{ key: id, id, kind: 'file', at: this.#tab.clock.wallMs(), isOwn: true, text: caption, state: 'queued' },
      ...(me && { from: me.userId, name: me.name }),
      file: { name, size: blob.size, mime: blob.type, ...(picture && { picture }) },
    }
    const words = caption === '' ? {} : { caption }
    await this.#timeline.echo(conversation, line, () =>
      this.#tab.call('sendFile', { conversation, id, file, ...words }),
    )
  }

  /** Keeps the bytes of a sent file, so that it is shown at once. */
  #hold(id: MessageId, blob: Blob): void {
    this.#held.set(id, blob)
    const [oldest] = this.#held.keys()
    if (this.#held.size > maxHeldFiles && oldest !== undefined) this.#held.delete(oldest)
  }

  async cancel(id: MessageId): Promise<void> {
    this.#timeline.dropEcho(id)
    await this.#tab.told(() => this.#tab.call('cancelFile', { id }))
  }

  /** Returns whether this tab has the bytes of a message's file. */
  isHeld(id: MessageId): boolean {
    return this.#held.has(id)
  }

  /** Fetches the file of a message, unless this tab has sent it. @throws {CallError} */
  async fetch(id: MessageId): Promise<Blob> {
    return this.#held.get(id) ?? (await this.#tab.call('fetchFile', { id }))
  }

  /** Shows a picture in full size, or hides it. */
  view(viewing: Line | undefined): void {
    this.#tab.set({ viewing })
  }
}
