import { limits } from '@fastchat/schema'

type Details = Readonly<Record<string, unknown>>

/** The limits that the server names in an error, in words. `max` is the server's own figure. */
const allowed: Readonly<Record<string, (max: number | undefined) => string>> = {
  keyPackageClaimsPerDay: (max = limits.keyPackageClaimsPerDay) =>
    `at most ${max} people may be added to groups within a day`,
  maxReservedConversations: (max = limits.maxReservedConversations) =>
    `at most ${max} new chats may wait for their first message`,
}

/** Says which limit was reached, where the server names one, and when to try again. */
export function rateLimitWords({
  details,
  retryMs,
}: {
  readonly details: Details
  readonly retryMs: number | undefined
}): string {
  const { limit, max } = details
  const words = typeof limit === 'string' && Object.hasOwn(allowed, limit) ? allowed[limit] : undefined
  const what = words
    ? `A limit of this server is reached: ${words(typeof max === 'number' ? max : undefined)}`
    : 'Too many requests in a short time'
  return `${what}. Nothing was done. ${waitWords(retryMs)}`
}

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000]

/** Says when to try again, in seconds, minutes or hours. */
export function waitWords(retryMs: number | undefined): string {
  if (retryMs === undefined) return 'Try again shortly'
  if (retryMs < 2 * minuteMs) return `Try again in ${Math.max(1, Math.ceil(retryMs / secondMs))} s`
  if (retryMs < 2 * hourMs) return `Try again in ${Math.ceil(retryMs / minuteMs)} minutes`
  return `Try again in ${Math.ceil(retryMs / hourMs)} hours`
}
