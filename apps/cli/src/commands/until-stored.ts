import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Session } from '../chat/session.ts'
import { patienceMs } from './context.ts'

type Sent = {
  readonly conversation: ConversationId
  readonly id: MessageId
  /** False: not longer than it takes to see whether the server answers. */
  readonly wait: boolean
  readonly signal: AbortSignal
}
type Stored = { readonly seq: number; readonly at: number }

/**
 * Waits until the server has stored a message; calls `onQueued` once when that takes longer than a moment.
 * @returns undefined when it is still queued and is no longer waited for.
 */
export async function untilStored(
  { chat, onHint }: Session,
  { conversation, id, wait, signal }: Sent,
  onQueued: (isServed: boolean) => void,
): Promise<Stored | undefined> {
  const stored = chat.stored({ conversation, id })
  stored.catch(() => {})
  const down = Promise.withResolvers<'down'>()
  const stop = onHint((hint) => {
    if (hint.type === 'link' && hint.link.state === 'unavailable') down.resolve('down')
  })
  const aborted = Promise.withResolvers<undefined>()
  const abort = () => aborted.resolve(undefined)
  signal.addEventListener('abort', abort)
  try {
    if ((await chat.link()).state === 'unavailable') down.resolve('down')
    const timer = new AbortController()
    const slow = delay(patienceMs, 'slow' as const, { signal: timer.signal }).catch(() => 'slow' as const)
    const first = await Promise.race([stored, down.promise, slow, aborted.promise])
    timer.abort()
    if (typeof first === 'object') return first
    onQueued((await chat.link()).state === 'online')
    if (!wait || first === undefined) return undefined
    return await Promise.race([stored, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    stop()
  }
}
