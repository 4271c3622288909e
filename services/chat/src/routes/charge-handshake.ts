import type { Rates } from '../rates.ts'
import { takeOrRefuse } from './limit-requests.ts'

/** The rates that limit a user's handshakes within a day. */
export type HandshakeRates = Pick<Rates, 'commits' | 'handshakeBytes'>

/**
 * Counts a commit or leave with all its parts against the user's rates, even if it is refused
 * later: judging it costs the same. The rates hold over all pods and cost no round trip. While
 * Redis is away each pod counts alone, so members can still be removed.
 *
 * @throws AppError `rate_limited`, with the time to wait
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
