import { newMessageId } from '@fastchat/client/ids'
import type { MessageId } from '@fastchat/schema'
import type { Line } from '../engine/line.ts'
import { CallError } from './engine-link.ts'
import type { Tab } from './tab.ts'

/** Sends, fetches and shows files. */
export class FileActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Sends files, the first one with a caption. */
  async send(files: readonly File[], caption: string): Promise<void> {
    const { open: conversation, engine } = this.#tab.state
    if (conversation === undefined) return
    for (const [n, file] of files.entries())
      await this.#tab.told(async () => {
        const most = engine?.maxFileBytes ?? 0
        if (file.size > most) throw new CallError({ code: 'too_large', message: file.name })
        const prepared = await this.#tab.prepare(file)
        const words = n === 0 && caption.trim() !== '' ? { caption } : {}
        await this.#tab.call('sendFile', { conversation, id: newMessageId(), file: prepared, ...words })
      })
  }

  async cancel(id: MessageId): Promise<void> {
    await this.#tab.told(() => this.#tab.call('cancelFile', { id }))
  }

  /** @throws {CallError} */
  async fetch(id: MessageId): Promise<Blob> {
    return await this.#tab.call('fetchFile', { id })
  }

  /** Shows a picture in full size, or hides it. */
  view(viewing: Line | undefined): void {
    this.#tab.set({ viewing })
  }
}
