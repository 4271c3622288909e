import { newMessageId } from '@fastchat/client'
import { type Annotation, type ConversationId, emojiOf, type MessageId, type Payload } from '@fastchat/schema'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import { formatDuration, parseDuration } from '../text/duration.ts'
import { formatTarget } from '../text/format.ts'
import { checkText } from './check-text.ts'
import { type Context, patienceMs } from './context.ts'
import { findMessage } from './find-message.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'
import { untilStored } from './until-stored.ts'
import { watchTransfers } from './watch-transfers.ts'

type Target = TranscriptLine & { readonly id: MessageId }

/** The command that was done, as --json names it. */
type Done = 'replied' | 'edited' | 'deleted' | 'reacted' | 'pinned' | 'unpinned' | 'forwarded' | 'timer'

export async function reply(context: Context, written: string, text: string): Promise<void> {
  checkText(text)
  await withTarget(context, written, async (session, { conversation, id: replyTo }) => {
    const payload = await session.chat.compose({ conversation, text, replyTo })
    await change(context, session, { conversation, payload, done: 'replied', target: replyTo })
  })
}

export async function edit(context: Context, written: string, text: string): Promise<void> {
  checkText(text)
  await annotate(context, written, 'edited', (target) => ({ v: 1, kind: 'edit', target, text }))
}

/** Deletes a message from this device, or for everyone. */
export async function deleteMessage(
  context: Context,
  written: string,
  { everyone = false }: { readonly everyone?: boolean },
): Promise<void> {
  if (everyone) return await annotate(context, written, 'deleted', (target) => ({ v: 1, kind: 'delete', target }))
  await withTarget(context, written, async ({ chat }, { id }) => {
    await chat.deleteForMe({ ids: [id] })
    const words = 'Deleted from your devices. The other people still have it: add --everyone to delete it for all'
    context.out.result({ type: 'deleted', id, everyone: false }, words)
  })
}

export async function react(
  context: Context,
  written: string,
  emojiWritten: string,
  { remove = false }: { readonly remove?: boolean },
): Promise<void> {
  const emoji = emojiOf(emojiWritten)
  if (emoji === undefined) throw usageError(`"${emojiWritten}" is not one emoji. Write for example 👍`)
  const more = remove ? { remove } : {}
  await annotate(context, written, 'reacted', (target) => ({ v: 1, kind: 'reaction', target, emoji, ...more }))
}

export async function pin(context: Context, written: string, pinned: boolean): Promise<void> {
  const done = pinned ? 'pinned' : 'unpinned'
  await annotate(context, written, done, (target) => ({ v: 1, kind: 'pin', target, pinned }))
}

export async function forward(context: Context, written: string, to: string): Promise<void> {
  await withTarget(context, written, async (session, { id: source }) => {
    const { chat } = session
    const found = await findTarget(chat, to)
    const conversation =
      found.kind === 'chat' ? found.chat.conversation : await chat.openDirect({ userId: found.person.userId })
    const id = newMessageId()
    watchTransfers(session, context.out, (one) => one.id === id || one.stage === 'downloading')
    context.signal.addEventListener('abort', () => void chat.cancelFile({ id }).catch(() => {}))
    await chat.forward({ conversation, id, source })
    await tellStored(context, session, { conversation, id, done: 'forwarded', target: source })
  })
}

/** Lists the pinned messages of a chat. */
export async function pins(context: Context, to: string): Promise<void> {
  const chat = await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') return
  for (const line of await chat.pins(found.chat)) showLine(context, line, { withChat: false })
}

/** Shows or sets the time after which new messages of a chat disappear. */
export async function timer(context: Context, to: string, written: string | undefined): Promise<void> {
  const wanted = written === undefined ? undefined : parseDuration(written)
  const chat = await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') throw usageError('Send the first message, then set the time')
  const { conversation } = found.chat
  if (wanted !== undefined) {
    const payload: Annotation = { v: 1, kind: 'timer', seconds: wanted }
    return await change(context, await context.session(), { conversation, payload, done: 'timer' })
  }
  const seconds = await chat.timer({ conversation })
  const words = seconds === 0 ? 'stay' : `disappear after ${formatDuration(seconds)}`
  context.out.result({ type: 'timer', conversation, seconds }, `${formatTarget(found.chat)}: new messages ${words}`)
}

async function annotate(
  context: Context,
  written: string,
  done: Done,
  make: (target: MessageId) => Annotation,
): Promise<void> {
  await withTarget(context, written, (session, { id, conversation }) =>
    change(context, session, { conversation, payload: make(id), done, target: id }),
  )
}

async function withTarget(
  context: Context,
  written: string,
  use: (session: HomeSession, target: Target) => Promise<void>,
): Promise<void> {
  const chat = await synced(context)
  await use(await context.session(), await findMessage(chat, written))
}

type Change = {
  readonly conversation: ConversationId
  readonly payload: Payload
  readonly done: Done
  readonly target?: MessageId
}

async function change(context: Context, session: HomeSession, { payload, ...rest }: Change): Promise<void> {
  const id = newMessageId()
  await session.chat.send({ conversation: rest.conversation, id, payload })
  await tellStored(context, session, { ...rest, id })
}

/** Waits until the server has stored a message, and tells so. Without a server it stays queued. */
async function tellStored(
  { out, signal, endTurn }: Context,
  session: HomeSession,
  { conversation, id, done, target }: Omit<Change, 'payload'> & { readonly id: MessageId },
): Promise<void> {
  endTurn()
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const stored = await untilStored(session, { conversation, id, wait: true, signal: limit }, () => {})
  const object = { type: done, id, conversation, ...(target !== undefined && { target }) }
  if (stored) out.result({ ...object, seq: stored.seq }, doneWords[done])
  else out.result({ ...object, queued: true }, 'queued; it is sent when the server answers')
}

const doneWords: Readonly<Record<Done, string>> = {
  replied: 'sent',
  edited: 'edited',
  deleted: 'deleted for everyone',
  reacted: 'sent',
  pinned: 'pinned',
  unpinned: 'unpinned',
  forwarded: 'forwarded',
  timer: 'set; the chat says so to all',
}
