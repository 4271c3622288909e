import { resolve } from 'node:path'
import { type MessageId, uuidPattern } from '@fastchat/schema'
import type { Chat, SavedFile } from '../chat/chat.ts'
import { CliError, usageError } from '../cli-error.ts'
import { formatSize } from '../text/format.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'
import { watchTransfers } from './watch-transfers.ts'

const isId = new RegExp(uuidPattern)

/** Writes the file of a message into a folder, with the bytes that were sent. */
export async function save(context: Context, written: string, folder = '.'): Promise<void> {
  const { env, out, session } = context
  const id = written.toLowerCase()
  if (!isId.test(id))
    throw usageError(`"${written}" is not a message id: fastchat history TO shows the ids beside pictures and files`)
  const opened = await session()
  const stop = watchTransfers(opened, out, ({ stage }) => stage === 'downloading')
  try {
    // Every text with this pattern is an id.
    const args = { id: id as MessageId, folder: resolve(env.cwd, folder) }
    const { path, size } = await fetchFile(context, opened.chat, args)
    out.result({ type: 'saved', id, path, size }, `Saved ${path} (${formatSize(size)})`)
  } finally {
    stop()
  }
}

/**
 * Downloads the file of a message. If the message is not on this device yet, it catches up first.
 */
async function fetchFile(context: Context, chat: Chat, args: Parameters<Chat['saveFile']>[0]): Promise<SavedFile> {
  try {
    return await chat.saveFile(args)
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'unknown_message') throw error
    return await (await synced(context)).saveFile(args)
  }
}
