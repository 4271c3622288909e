import type { RemoteClock } from '@fastchat/service'

const timeoutMs = 3_000
/** The header has whole seconds, so the clock reads half a second more on average. */
const roundedDownMs = 500

/**
 * Returns the clock of the HTTP server behind `url`, read from the `Date` header of an answer (RFC
 * 9110 §6.6.1). Any status will do. It rejects if there is no answer within 3 s, or no date in it.
 */
export function clockOfServer(url: string): RemoteClock {
  return async () => {
    const { headers } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeoutMs) })
    const dateMs = Date.parse(headers.get('date') ?? '')
    if (Number.isNaN(dateMs)) throw new Error('the answer has no date')
    return dateMs + roundedDownMs
  }
}
