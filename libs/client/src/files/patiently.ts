import { ClientError, isTemporary, ServerError } from '../errors.ts'
import type { Backoff } from '../net/backoff.ts'
import { pause } from '../net/backoff.ts'

/**
 * Does work that needs a server until it succeeds, with pauses after failures that may pass.
 *
 * @param giveUp says whether to stop after a failure that may pass
 * @throws the error that is final, or `signal`'s reason
 */
export async function patiently<T>(
  work: () => Promise<T>,
  { backoff, signal, giveUp = () => false }: { backoff: Backoff; signal: AbortSignal; giveUp?: () => boolean },
): Promise<T> {
  for (;;) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      const isOver = error instanceof ClientError || !isTemporary(error) || giveUp()
      if (isOver) throw error
      await pause(backoff.next(error instanceof ServerError ? error.retryMs : undefined), signal)
    }
  }
}
