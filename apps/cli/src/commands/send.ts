import { resolve } from 'node:path'
import { newMessageId } from '@fastchat/client'
import { type ConversationId, type MessageId, type Payload, toBase64Url } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
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
  readonly image?: string
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
    const isFile = 'path' in message
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
  file: Parameters<Chat['sendFile']>[0],
): Promise<void> {
  // It is watched to the end of the command: the upload goes on after the file is stored here.
  watchTransfers({ onHint }, out, ({ id }) => id === file.id)
  signal.addEventListener('abort', () => void chat.cancelFile({ id: file.id }).catch(() => {}))
  await chat.sendFile(file)
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

type Draft =
  | { make(chat: Chat, conversation: ConversationId): Promise<Payload> }
  | { readonly path: string; readonly caption?: string }

/** Checks the messages before a server is asked for anything. */
async function drafts(context: Context, words: string | undefined, options: SendOptions): Promise<readonly Draft[]> {
  const { file: files, image, caption } = options
  if (files === undefined) return [{ make: await draft(context, words, options) }]
  if (image !== undefined) throw usageError('Give either --file or --image')
  if (files.length > maxFiles) throw usageError(`Give at most ${maxFiles} files at once`)
  if (caption !== undefined && words !== undefined) throw usageError('Give either a text or --caption with a file')
  const said = caption ?? words
  if (said !== undefined) checkCaption(said)
  const { checkFile } = await import('./check-file.ts')
  const paths = files.map((path) => resolve(context.env.cwd, path))
  for (const path of paths) await checkFile(path)
  return paths.map((path, at) => ({ path, ...(at === 0 && said && { caption: said }) }))
}

/**
 * Checks the message before a server is asked for anything. Returns the function that makes it once
 * there is a server.
 */
async function draft(
  { env, out }: Context,
  words: string | undefined,
  { image, caption, original = false }: SendOptions,
): Promise<(chat: Chat, conversation: ConversationId) => Promise<Payload>> {
  if (image === undefined) {
    if (caption !== undefined) throw usageError('--caption goes with --image or --file')
    const text = words
    if (text === undefined || text === '') throw usageError('Nothing to send: give a text, --image PATH or --file PATH')
    checkText(text)
    return (chat, conversation) => chat.compose({ conversation, text })
  }
  const said = caption ?? words
  if (caption !== undefined && words !== undefined) throw usageError('Give either a text or --caption with an image')
  if (said !== undefined) checkCaption(said)
  // Loading this module takes longer than most sends.
  const { prepareImage } = await import('../images/prepare-image.ts')
  const prepared = await prepareImage(resolve(env.cwd, image), { original })
  if (prepared.note !== undefined) out.note(prepared.note)
  return (chat) => imagePayload(chat, prepared, said)
}

/** Uploads a picture. Returns the message that names it. */
export async function imagePayload(chat: Chat, image: PreparedImage, caption: string | undefined): Promise<Payload> {
  const { name, mime, width, height, bytes } = image
  const file = await chat.upload({ name, mime, bytes: bytes.toString('base64') })
  const thumbnail = image.thumbnail && toBase64Url(image.thumbnail)
  return { v: 1, kind: 'image', file, width, height, ...(thumbnail && { thumbnail }), ...(caption && { caption }) }
}

const isNoService = (error: unknown): error is CliError =>
  error instanceof CliError && error.exitCode === exitCodes.noService
