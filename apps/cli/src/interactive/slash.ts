import type { Context } from '../commands/context.ts'
import type { ChatScreen } from './chat-screen.ts'

/** A command of a line that begins with a slash. */
export type Slash = {
  readonly usage: string
  readonly does: string
  /** The least number of words after the command. */
  readonly needs?: number
  /** The words before a text, which stays as it was typed: with its quotes and spaces. */
  readonly textAfter?: number
  run(context: Context, chatScreen: ChatScreen, words: readonly string[]): Promise<void>
}
