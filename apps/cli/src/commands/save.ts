import { resolve } from 'node:path'
import { type MessageId, uuidPattern } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import { CliError, usageError } from '../cli-error.ts'
import { saveFile } from '../images/save-file.ts'
import { formatSize } from '../text/format.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

const isId = new RegExp(uuidPattern)

/** Writes the file of a message into a folder, with the bytes that were sent. */
export async function save(context: Context, written: string, folder = '.'): Promise<void> {
  const { env, out, session } = context
  const id = written.toLowerCase()
  if (!isId.test(id)) throw usageError(`"${written}" is no message id: fastchat history TO shows them beside pictures`)
  // Every text with this pattern is an id.
  const { name, bytes } = await fetchFile(context, (await session()).chat, id as MessageId)
  const file = Buffer.from(bytes, 'base64')
  const path = await saveFile(resolve(env.cwd, folder), name, file)
  out.result({ type: 'saved', id, path, size: file.length }, `Saved ${path} (${formatSize(file.length)})`)
}

/**
 * Downloads the file of a message. If the message is not on this device yet, it catches up first.
 */
async function fetchFile(context: Context, chat: Chat, id: MessageId) {
  try {
    return await chat.download({ id })
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'unknown_message') throw error
    return await (await synced(context)).download({ id })
  }
}
