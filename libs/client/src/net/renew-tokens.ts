import { pause } from './backoff.ts'
import type { Socket } from './socket.ts'
import type { Tokens } from './tokens.ts'

/** The pause after a failed try. */
const renewRetryMs = 10_000

/** Gives the server a fresh token before the old one expires, while the socket lives. */
export async function renewTokens(
  socket: Pick<Socket, 'request'>,
  tokens: Pick<Tokens, 'access' | 'freshForMs'>,
  over: AbortSignal,
): Promise<void> {
  let waitMs = tokens.freshForMs()
  while (!over.aborted) {
    await pause(waitMs + 1, over)
    if (over.aborted) return
    try {
      const token = await tokens.access()
      await socket.request({ t: 'token', id: 'token', token })
      waitMs = tokens.freshForMs()
    } catch {
      // If no retry succeeds, the server closes the socket, and the next connection gets the
      // reason.
      waitMs = renewRetryMs
    }
  }
}
