import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Link } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import { CliError } from '../cli-error.ts'
import { patienceMs } from './context.ts'

type Sent = {
  readonly conversation: ConversationId
  readonly id: MessageId
  /** False waits only until it is clear whether the server answers. */
  readonly wait: boolean
  readonly signal: AbortSignal
}
const staysQueued = 'The message stays queued here and goes out when you are connected again'
/** The words for a removed device, which never connects again. */
const isNeverSent = 'The message was not sent: send it from that folder'

type Stored = { readonly seq: number; readonly at: number }

/**
 * Waits until the server has stored a message. Calls `onQueued` once if that takes longer than 3 s.
 *
 * Returns undefined if the message is still queued and is no longer waited for.
 * @throws {CliError} when the connection has ended and does not come back, such as when the session
 *   is over. The error says that the message stays queued.
 */
export async function untilStored(
  { chat, onHint }: HomeSession,
  { conversation, id, wait, signal }: Sent,
  onQueued: (isServed: boolean) => void,
): Promise<Stored | undefined> {
  const stored = chat.stored({ conversation, id })
  stored.catch(() => {})
  const down = Promise.withResolvers<'down'>()
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => {})
  const look = (link: Link) => {
    if (link.state === 'unavailable') down.resolve('down')
    if (link.state === 'ended')
      over.reject(
        new CliError(link.code, `${link.message}. ${link.code === 'device_revoked' ? isNeverSent : staysQueued}`),
      )
  }
  const stop = onHint((hint) => {
    if (hint.type === 'link') look(hint.link)
  })
  const aborted = Promise.withResolvers<undefined>()
  const abort = () => aborted.resolve(undefined)
  signal.addEventListener('abort', abort)
  try {
    look(await chat.link())
    const timer = new AbortController()
    const slow = delay(patienceMs, 'slow' as const, { signal: timer.signal }).catch(() => 'slow' as const)
    const first = await Promise.race([stored, down.promise, over.promise, slow, aborted.promise])
    timer.abort()
    if (typeof first === 'object') return first
    onQueued((await chat.link()).state === 'online')
    if (!wait || first === undefined) return undefined
    return await Promise.race([stored, over.promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    stop()
  }
}
