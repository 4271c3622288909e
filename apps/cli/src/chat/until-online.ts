import { CliError } from '../cli-error.ts'
import type { Hint, Link } from './chat.ts'
import type { HomeSession } from './home-session.ts'

/**
 * Waits for a pod without a time limit.
 * @throws {CliError} when the connection has ended and does not come back, or `signal` aborts.
 */
export async function untilOnline({ chat, onHint }: HomeSession, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>()
  const look = (link: Link) => {
    if (link.state === 'online') done.resolve()
    if (link.state === 'ended') done.reject(new CliError(link.code, link.message))
  }
  const stop = onHint((hint: Hint) => {
    if (hint.type === 'link') look(hint.link)
  })
  const abort = () => done.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    look(await chat.link())
    await done.promise
  } finally {
    signal.removeEventListener('abort', abort)
    stop()
  }
}
