import type { Rates } from '../rates.ts'
import { takeOrRefuse } from './limit-requests.ts'

/** What a user may post of handshakes within a day. */
export type HandshakeRates = Pick<Rates, 'commits' | 'handshakeBytes'>

/**
 * Counts a commit or leave with all that comes with it, stored or refused: it is judged either way. Over all pods, at no round trip; while
 * Redis is away each pod counts by itself, so that nobody is kept from removing a member.
 *
 * @throws AppError `rate_limited`, with when to come back
 */
export function chargeCommit(
  { commits, handshakeBytes }: HandshakeRates,
  userId: string,
  parts: readonly (Uint8Array | undefined)[],
): void {
  takeOrRefuse(commits, userId)
  const bytes = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0)
  if (bytes > 0) takeOrRefuse(handshakeBytes, userId, bytes)
}
