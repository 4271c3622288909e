import { setTimeout as delay } from 'node:timers/promises'
import type { ChatInfo } from '../chat/chat.ts'
import type { Session } from '../chat/session.ts'

/** With a connection, waiting goes on as long as messages leave; this long without one leaving is the end. */
const stalledMs = 10_000
/** Without a connection. */
const patienceMs = 3_000
const pollMs = 50

/** In any other chat nothing leaves until somebody does something. */
const sending: readonly ChatInfo['status'][] = ['active', 'joining', 'new']

/**
 * Waits until the server has stored what this device has queued.
 *
 * @param unshown counts messages that have not been shown as stored yet: they are waited for, too.
 * @param told is called with each new count, 0 excepted.
 * @returns how many messages are still queued: 0, or what could not be sent within some seconds or until `signal` aborts.
 */
export async function untilSent(
  { chat }: Pick<Session, 'chat'>,
  unshown: () => number,
  told: (count: number) => void,
  signal: AbortSignal,
): Promise<number> {
  let count = Number.POSITIVE_INFINITY
  let lessSince = performance.now()
  for (;;) {
    const queued = (await chat.chats())
      .filter(({ status }) => sending.includes(status))
      .reduce((sum, { waiting }) => sum + waiting, 0)
    const left = Math.max(queued, unshown())
    if (left === 0) return 0
    if (left < count) lessSince = performance.now()
    if (left !== count) told(left)
    count = left
    const { state } = await chat.link()
    const limitMs = state === 'unavailable' ? patienceMs : stalledMs
    if (signal.aborted || state === 'ended' || performance.now() - lessSince > limitMs) return queued
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
}
