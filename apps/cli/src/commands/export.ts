import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClientError, type ExportProgress, type ExportSource, exportHistory, type NotExported } from '@fastchat/client'
import { openExportFolder } from '@fastchat/client/node'
import type { Chat } from '../chat/chat.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'
import { safeName } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { Context } from './context.ts'
import { exportDocuments } from './export-documents.ts'
import { synced } from './sync.ts'

/** A person sees the progress again after this many lines. */
const everyLines = 1_000

/**
 * Writes all of an account to a folder. Each chat is one list of lines, as --json prints them, with
 * its files beside it. Profile, people, chats and settings are further files. A repeated export
 * fetches only the files that are missing.
 */
export async function exportAll(context: Context, dir: string, { offline = false } = {}): Promise<void> {
  const { env, out, session, signal } = context
  const folder = resolve(env.cwd, dir)
  const chat = offline ? (await session()).chat : await synced(context)
  // All of the backup comes to this device first. Without the key for it the rest is exported.
  if (!offline) await chat.backup({ action: 'now' }).catch((error: unknown) => out.note(toCliError(error).message))
  const { userId } = await chat.whoami()
  try {
    const documents = () => exportDocuments(chat, { isOffline: offline, signal })
    const sink = await openExportFolder(folder, userId)
    const onProgress = progressNotes((text) => !out.isJson && out.note(text))
    const done = await exportHistory<TranscriptLine>(sourceOf(chat, folder, documents), sink, { signal, onProgress })
    for (const one of done.missing) out.result({ type: 'not_exported', ...one }, describeMissing(one))
    const { lines, files, chats, leftOut } = done
    const object = { type: 'exported', folder, chats: chats.done, lines, files, leftOut, missing: done.missing.length }
    out.result(object, `Exported ${lines} lines of ${chats.done} chats and ${files} files to ${folder}`)
    if (leftOut > 0 && !out.isJson) out.note(`${leftOut} lines about messages that disappear are not in it`)
  } catch (cause) {
    if (cause instanceof ClientError || cause instanceof CliError || signal.aborted) throw cause
    throw new CliError('cannot_save', fileErrorWords(cause, folder) ?? `${folder} could not be written to`, 1, {
      cause,
    })
  }
}

const sourceOf = (chat: Chat, folder: string, documents: ExportSource<TranscriptLine>['documents']) => ({
  ...(documents && { documents }),
  chats: async () => await chat.chats(),
  async after(conversation: TranscriptLine['conversation'], seq: number) {
    const lines = await chat.after({ conversation, seq })
    return await Promise.all(lines.map(async (line) => await withVersions(chat, line)))
  },
  async file({ id }: TranscriptLine) {
    if (id === undefined)
      throw new CliError('unknown_message', 'This line has no message, so there is no file to fetch')
    // The process that holds the home writes the file. It may be another one than this.
    const place = await mkdtemp(join(folder, '.incoming-'))
    try {
      return await readFile((await chat.saveFile({ id, folder: place })).path)
    } finally {
      await rm(place, { recursive: true })
    }
  },
})

/** Returns the line of an edited message with its wordings. */
async function withVersions(chat: Chat, line: TranscriptLine): Promise<TranscriptLine> {
  if (line.id === undefined || line.edited === undefined) return line
  return { ...line, versions: await chat.versions({ id: line.id }) }
}

/** Returns a listener that tells of each chat, and of long ones in between. */
function progressNotes(note: (text: string) => void): (progress: ExportProgress) => void {
  let [told, chatsTold] = [0, 0]
  return ({ lines, files, chats }) => {
    if (lines - told < everyLines && chats.done === chatsTold) return
    told = lines
    chatsTold = chats.done
    note(`Exported ${chats.done} of ${chats.of} chats: ${lines} lines, ${files} files`)
  }
}

const describeMissing = ({ file, reason }: NotExported): string =>
  `Not exported: ${safeName(file)}. ${safeName(reason)}`
