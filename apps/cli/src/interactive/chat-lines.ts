import type { ConversationId } from '@fastchat/schema'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { Context } from '../commands/context.ts'
import type { Drawing } from '../pictures/pixels.ts'
import { formatLine } from '../text/format.ts'
import type { MessageNumbers } from './message-numbers.ts'
import type { Screen } from './screen.ts'
import { shortened } from './shortened.ts'
import type { TickRows } from './tick-rows.ts'

type Port = {
  readonly context: Pick<Context, 'clock' | 'out'>
  readonly screen: Pick<Screen, 'print' | 'printPicture'>
  readonly numbers: MessageNumbers
  readonly ticks: Pick<TickRows, 'printed'>
  readonly pictures: { small(line: TranscriptLine): Promise<Drawing | undefined> }
  /** The open chat. Lines of other chats name theirs, and are shortened. */
  open(): ConversationId | undefined
  /** Called with each line that is shown. */
  shown(line: TranscriptLine): void
}

/** Prints lines of chats, with their numbers, signs and pictures. */
export class ChatLines {
  readonly #port: Port
  /** The chat whose last printed line was of a blocked person. */
  #blockedIn: ConversationId | undefined

  constructor(port: Port) {
    this.#port = port
  }

  /** Prints words between the lines. */
  divide(words: string): void {
    const { context, screen } = this.#port
    screen.print(`${context.out.colors.yellow(words)}\n`)
  }

  /** Prints lines in their order. Those of blocked people that follow each other are one line. */
  async printAll(lines: readonly TranscriptLine[]): Promise<void> {
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]
      if (!line) continue
      let count = 1
      while (line.kind === 'blocked' && lines[at + 1]?.kind === 'blocked') {
        at++
        count++
      }
      await this.print(count > 1 ? { ...line, text: `${count} blocked messages` } : line)
    }
  }

  /**
   * Prints a line of the open chat whole, and a line of another chat shortened. Further messages of
   * blocked people are not told again.
   */
  async print(line: TranscriptLine): Promise<void> {
    const { numbers, ticks, pictures, screen, open, shown } = this.#port
    const { id, conversation, kind } = line
    const isAgain = kind === 'blocked' && this.#blockedIn === conversation
    this.#blockedIn = kind === 'blocked' ? conversation : undefined
    if (isAgain) return shown(line)
    const drawing = conversation === open() ? await pictures.small(line) : undefined
    if (line.type === 'message' && id !== undefined) numbers.give(id, conversation)
    const withChat = conversation !== open()
    const format = (one: TranscriptLine) => this.#format(one, withChat)
    screen.print(`${format(line)}\n`, id)
    if (drawing) screen.printPicture(drawing.codes, drawing.rows)
    ticks.printed(line, format)
    shown(line)
  }

  #format(line: TranscriptLine, withChat: boolean): string {
    const { context, numbers } = this.#port
    const { colors } = context.out
    const isShortened = withChat && line.text !== undefined && line.code === undefined
    const one = isShortened ? { ...line, text: shortened(line.text ?? '') } : line
    const numberOf = (id: TranscriptLine['id']) => numbers.of(id)
    const fileHint = ({ id, kind }: TranscriptLine) => `/${kind === 'image' ? 'view' : 'save'} ${numberOf(id)}`
    return formatLine(one, {
      colors,
      withChat,
      withTicks: true,
      now: new Date(context.clock.wallMs()),
      fileHint,
      numberOf,
    })
  }
}
