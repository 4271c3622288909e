import type { Clock, MonotonicMs } from '@fastchat/clock'
import type { MessageId } from '@fastchat/schema'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { drawPicture } from '../pictures/draw-picture.ts'
import type { PictureTerminal } from '../pictures/picture-mode.ts'
import type { Drawing } from '../pictures/pixels.ts'
import type { Screen } from './screen.ts'

/** The room of a small picture below its message. */
const smallRoom = { columns: 36, rows: 10 }
/** A whole picture leaves these rows to the typed line and what stands around it. */
const spareRows = 6
/** The small pictures that are drawn unasked in this time. */
const [maxAtOnce, windowMs] = [6, 10_000]

type Port = {
  readonly session: Pick<HomeSession, 'chat'>
  readonly screen: Pick<Screen, 'size'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Resolves when the terminal has answered. */
  readonly terminal: Promise<PictureTerminal>
}

/** The pictures of messages in the interactive mode. */
export class InlinePictures {
  readonly #port: Port
  #drawnAt: MonotonicMs[] = []

  constructor(port: Port) {
    this.#port = port
  }

  /**
   * Draws the small picture that came with a message. Undefined: it has none, this terminal shows
   * words only, it is damaged, or too many came at once.
   */
  async small({ type, kind, id }: TranscriptLine): Promise<Drawing | undefined> {
    if (type !== 'message' || kind !== 'image' || id === undefined || !this.#isInBudget()) return undefined
    try {
      const terminal = await this.#port.terminal
      if (terminal.mode === 'off') return undefined
      const bytes = await this.#port.session.chat.thumbnail({ id })
      return bytes === null ? undefined : await this.#draw(bytes, terminal, smallRoom)
    } catch {
      // The line of the message says what there is.
      return undefined
    }
  }

  /** Downloads the picture of a message and draws it. Undefined: this terminal shows words only. */
  async whole(id: MessageId): Promise<Drawing | undefined> {
    const terminal = await this.#port.terminal
    if (terminal.mode === 'off') return undefined
    const { columns, rows } = this.#port.screen.size
    const bytes = await this.#port.session.chat.messagePicture({ id })
    return await this.#draw(bytes, terminal, { columns, rows: rows - spareRows })
  }

  async #draw(bytes: string, terminal: PictureTerminal, room: { columns: number; rows: number }) {
    const { columns, rows } = this.#port.screen.size
    const inside = {
      columns: Math.max(1, Math.min(room.columns, columns - 1)),
      rows: Math.max(1, Math.min(room.rows, rows - spareRows)),
    }
    return await drawPicture(Buffer.from(bytes, 'base64'), terminal, inside)
  }

  #isInBudget(): boolean {
    const now = this.#port.clock.monotonicMs()
    this.#drawnAt = this.#drawnAt.filter((at) => now - at < windowMs)
    if (this.#drawnAt.length >= maxAtOnce) return false
    this.#drawnAt.push(now)
    return true
  }
}
