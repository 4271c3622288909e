import { resolve } from 'node:path'
import { newMessageId } from '@fastchat/client'
import { type ConversationId, type MessageId, type Payload, toBase64Url } from '@fastchat/schema'
import type { Chat, Picture } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import { untilOnline } from '../chat/until-online.ts'
import { CliError, exitCodes, usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import type { PreparedImage } from '../images/prepare-image.ts'
import { noService, noServiceAdvice } from '../to-cli-error.ts'
import { checkCaption, checkText } from './check-text.ts'
import { type Context, patienceMs } from './context.ts'
import { untilReached } from './signals.ts'
import { untilStored } from './until-stored.ts'
import { watchTransfers } from './watch-transfers.ts'

/** Files of one command. More of them would fill this device's space for files on their way. */
const maxFiles = 20

export type SendOptions = {
  /** Paths of files to send, each as a message. */
  readonly file?: readonly string[]
  /** Paths of pictures to send, each as a message. */
  readonly image?: readonly string[]
  readonly caption?: string
  readonly original?: boolean
  /** False leaves the message queued if the server does not answer at once. */
  readonly wait: boolean
  /** Accept another key that was shown for the person, after showing both numbers. */
  readonly acceptNewKey?: boolean
  /** The most seconds to wait. */
  readonly for?: number
  /** Waits until all other members have received, or read, the message. */
  readonly until?: 'delivered' | 'read'
}

/** Sends a message and waits until the server has stored it. */
export async function send(
  context: Context,
  to: string,
  words: string | undefined,
  options: SendOptions,
): Promise<void> {
  const { out, env } = context
  const messages = await drafts(context, words, options)
  const limit = options.for === undefined ? undefined : AbortSignal.timeout(Math.ceil(options.for * 1000))
  const signal = limit ? AbortSignal.any([context.signal, limit]) : context.signal
  const session = await context.session()
  const { chat } = session
  let isSaid = false

  /** Does work that needs a server. Without one, it waits and does the work again. */
  const withServer = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isNoService(error) || !options.wait) throw error
        if (!isSaid) out.note(noServiceAdvice(error.message, env.url))
        isSaid = true
        chat.sync({ patienceMs: 0 }).catch(() => {})
        await untilOnline(session, signal).catch((reason: unknown) => {
          throw limit?.aborted ? noService() : reason
        })
      }
    }
  }

  if (options.acceptNewKey) await withServer(() => acceptKeyOf(context, chat, to))
  const conversation = await withServer(() => open(chat, to))
  const tellStored = async (id: MessageId, isFile: boolean): Promise<void> => {
    const sent = { conversation, id, wait: options.wait, signal }
    const stored = await untilStored(session, sent, (isServed) => {
      if (!isServed && options.wait && !isSaid) out.note(noServiceAdvice(noService().message, env.url))
      const served = isFile ? 'uploading' : 'waiting for the chat to be ready'
      if (out.isJson) out.result({ type: 'queued', id, conversation }, '')
      else if (options.wait) out.note(`queued; ${isServed ? served : 'waiting for the server'}`)
      else out.text('queued')
    })
    const reached = stored && options.until && (await untilReached(session, id, options.until, signal))
    const receipt = reached && { receipt: reached }
    if (stored) out.result({ type: 'sent', id, conversation, seq: stored.seq, ...receipt }, reached ?? 'sent')
    else if (options.wait && limit?.aborted) throw noService()
  }
  for (const message of messages) {
    const id = newMessageId()
    const isFile = !('make' in message)
    if (isFile) await sendFile(context, session, { conversation, id, ...message })
    else await chat.send({ conversation, id, payload: await withServer(() => message.make(chat, conversation)) })
    if (message === messages.at(-1)) context.endTurn()
    await tellStored(id, isFile)
  }
}

/** Hands a file to the device. Interrupting the command cancels it. */
async function sendFile(
  { out, signal }: Context,
  { chat, onHint }: HomeSession,
  file: (File | Picture) & { readonly conversation: ConversationId; readonly id: MessageId },
): Promise<void> {
  // It is watched to the end of the command: the upload goes on after the file is stored here.
  watchTransfers({ onHint }, out, ({ id }) => id === file.id)
  signal.addEventListener('abort', () => void chat.cancelFile({ id: file.id }).catch(() => {}))
  await ('path' in file ? chat.sendFile(file) : chat.sendPicture(file))
}

async function acceptKeyOf(context: Context, chat: Chat, to: string): Promise<void> {
  const { acceptNewKeys, peopleCalled } = await import('./people.ts')
  const found = await findTarget(chat, to).catch((error: unknown) => {
    // Only a known person has that name, and the server shows another key for this person.
    if (error instanceof CliError && error.code === 'key_changed') return undefined
    throw error
  })
  if (found?.kind === 'chat' && found.chat.kind === 'group') return
  const name = found === undefined ? to : found.kind === 'person' ? found.person.username : found.chat.name
  await acceptNewKeys(context, chat, await peopleCalled(chat, [name]))
}

async function open(chat: Chat, to: string): Promise<ConversationId> {
  const found = await findTarget(chat, to, () => chat.sync({ patienceMs }))
  return found.kind === 'chat' ? found.chat.conversation : await chat.openDirect({ userId: found.person.userId })
}

type File = { readonly path: string; readonly caption?: string }
type Draft = { make(chat: Chat, conversation: ConversationId): Promise<Payload> } | File | Picture

/** Checks the messages before a server is asked for anything. */
async function drafts(context: Context, words: string | undefined, options: SendOptions): Promise<readonly Draft[]> {
  const { file: files = [], image: images = [], caption, original = false } = options
  if (files.length + images.length === 0) {
    if (caption !== undefined) throw usageError('--caption goes with --image or --file')
    if (words === undefined || words === '')
      throw usageError('Nothing to send: give a text, --image PATH or --file PATH')
    checkText(words)
    return [{ make: (chat, conversation) => chat.compose({ conversation, text: words }) }]
  }
  if (files.length > 0 && images.length > 0) throw usageError('Give either --file or --image')
  if (files.length + images.length > maxFiles) throw usageError(`Give at most ${maxFiles} files at once`)
  if (caption !== undefined && words !== undefined)
    throw usageError('Give either a text or --caption with a file or an image')
  const said = caption ?? words
  if (said !== undefined) checkCaption(said)
  return images.length > 0 ? await pictures(context, images, { original, said }) : await filesOf(context, files, said)
}

/** Returns the files, the first one with the caption. */
async function filesOf(
  { env }: Context,
  files: readonly string[],
  said: string | undefined,
): Promise<readonly Draft[]> {
  const { checkFile } = await import('./check-file.ts')
  const paths = files.map((path) => resolve(env.cwd, path))
  for (const path of paths) await checkFile(path)
  return paths.map((path, at) => ({ path, ...(at === 0 && said && { caption: said }) }))
}

/** Prepares the pictures, the first one with the caption. */
async function pictures(
  { env, out }: Context,
  images: readonly string[],
  { original, said }: { readonly original: boolean; readonly said: string | undefined },
): Promise<readonly Draft[]> {
  // Loading this module takes longer than most sends.
  const { prepareImage } = await import('../images/prepare-image.ts')
  const all: Picture[] = []
  for (const [at, image] of images.entries()) {
    const prepared = await prepareImage(resolve(env.cwd, image), { original })
    if (prepared.note !== undefined) out.note(prepared.note)
    all.push(pictureOf(prepared, at === 0 ? said : undefined))
  }
  return all
}

/** Returns a prepared picture as the device takes it. */
export function pictureOf({ name, mime, width, height, bytes, thumbnail }: PreparedImage, caption?: string): Picture {
  return {
    ...{ name, mime, bytes: bytes.toString('base64') },
    picture: { width, height, ...(thumbnail && { thumbnail: toBase64Url(thumbnail) }) },
    ...(caption && { caption }),
  }
}

const isNoService = (error: unknown): error is CliError =>
  error instanceof CliError && error.exitCode === exitCodes.noService
