import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

/** A message is posted this many times at most. Then it is given up, and the next one follows. */
const maxAttempts = 8
const maxPauseMs = 60_000
const answerMs = 10_000

/** Returns whether the same request may succeed later. */
const isTemporary = (status) => status === 408 || status === 429 || status >= 500

/**
 * Posts a message to the target, and tries again after network errors and temporary answers.
 * Returns what became of it: `delivered`, `refused` by the target, or `given_up`.
 */
export async function forward(message, { target, signingSecret, retryMs, signal, now = Date.now }) {
  const { id, conversation, from, name, at, text, payload } = message
  const body = JSON.stringify({ id, conversation, from, name, at, kind: payload.kind, text })
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) await pause(Math.min(retryMs * 2 ** (attempt - 1), maxPauseMs), undefined, { signal })
    const status = await post(body, { id, target, signingSecret, signal, now })
    if (status >= 200 && status < 300) return 'delivered'
    if (status !== undefined && !isTemporary(status)) return 'refused'
  }
  return 'given_up'
}

/** Posts a message once. Returns the status, or undefined when no answer came. */
async function post(body, { id, target, signingSecret, signal, now }) {
  const timestamp = String(Math.floor(now() / 1000))
  const signature = createHmac('sha256', signingSecret).update(`${timestamp}.${body}`).digest('hex')
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': id,
        'x-fastchat-timestamp': timestamp,
        'x-fastchat-signature': `v1=${signature}`,
      },
      body,
      // A redirect could lead the message to any other host.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    })
    // The answer is not read: the target could send one without end.
    await response.body?.cancel()
    return response.status
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
