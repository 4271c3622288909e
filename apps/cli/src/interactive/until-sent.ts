import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@fastchat/clock'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'

/** The time without a sent message after which waiting ends, while there is a connection. */
const stalledMs = 10_000
/** The time that waiting goes on without a connection. */
const patienceMs = 3_000
const pollMs = 50

/**
 * The states of chats in which queued messages are sent. In others they wait for a person's action.
 */
const sending: readonly ChatInfo['status'][] = ['active', 'joining', 'new']

/**
 * Waits until the server has stored what this device has queued.
 *
 * Returns how many messages are still queued. It is 0 unless they could not be sent within some
 * seconds, or before `signal` aborts.
 * @param unshown counts messages that are not yet shown as stored. They are waited for, too.
 * @param told is called with each new count, except 0.
 */
export async function untilSent(
  { chat }: Pick<HomeSession, 'chat'>,
  unshown: () => number,
  told: (count: number) => void,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Pick<Clock, 'monotonicMs'> },
): Promise<number> {
  let count = Number.POSITIVE_INFINITY
  let lessSince = clock.monotonicMs()
  for (;;) {
    const queued = (await chat.chats())
      .filter(({ status }) => sending.includes(status))
      .reduce((sum, { waiting }) => sum + waiting, 0)
    const left = Math.max(queued, unshown())
    if (left === 0) return 0
    if (left < count) lessSince = clock.monotonicMs()
    if (left !== count) told(left)
    count = left
    const { state } = await chat.link()
    const limitMs = state === 'unavailable' ? patienceMs : stalledMs
    if (signal.aborted || state === 'ended' || clock.monotonicMs() - lessSince > limitMs) return queued
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
}
