import { type MessageId, uuidPattern } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'

const isId = new RegExp(uuidPattern)
/** A chat and a position in it: bob#12, #trip#12. */
const place = /^(.+)#(\d{1,15})$/s

/** The words that say how people name a message. */
export const messageHelp = 'a message: its id, or CHAT#SEQ as in bob#12 (fastchat history CHAT --json has both)'

/**
 * Finds the message that a command names: by its id, or by its chat and position.
 *
 * @throws {CliError} `usage`, `unknown_message`
 */
export async function findMessage(chat: Chat, written: string): Promise<TranscriptLine & { readonly id: MessageId }> {
  const line = await lineOf(chat, written)
  if (line?.type !== 'message' || line.id === undefined)
    throw new CliError('unknown_message', `There is no message ${written} on this device`)
  return { ...line, id: line.id }
}

async function lineOf(chat: Chat, written: string): Promise<TranscriptLine | undefined> {
  const id = written.toLowerCase()
  // Every text with this pattern is an id.
  if (isId.test(id)) return await chat.line({ id: id as MessageId })
  const [, to, seq] = place.exec(written) ?? []
  if (to === undefined) throw usageError(`"${written}" is not a message. Write its id, or CHAT#SEQ as in bob#12`)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') return undefined
  const { conversation } = found.chat
  const { lines } = await chat.page({ conversation, limit: 1, after: Number(seq) - 1, before: Number(seq) + 1 })
  return lines.find(({ type }) => type === 'message')
}
