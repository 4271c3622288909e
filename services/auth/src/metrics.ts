import type { ErrorCode } from '@fastchat/schema'
import { type ClockWatch, type Metrics, readings } from '@fastchat/service'
import type { WorkGate } from './domain/work-gate.ts'

export type AuthMetrics = {
  /** Counts a login by its result: `ok` or the error code. It never records who logged in. */
  readonly loggedIn: (result: 'ok' | ErrorCode) => void
}

type Measured = {
  readonly gate: Pick<WorkGate, 'counts'>
  readonly clockWatch: Pick<ClockWatch, 'aheadMs'> | undefined
}

export function createAuthMetrics(registry: Metrics, { gate, clockWatch }: Measured): AuthMetrics {
  const { gauge, counter, counters } = readings(registry)
  const logins = new Map<string, number>()
  counters('auth_logins_total', 'Logins, by result', 'result', () => logins)
  gauge(
    'auth_clock_ahead_seconds',
    'By how much at least the clock is ahead of those of PostgreSQL and Redis',
    () => (clockWatch?.aheadMs ?? 0) / 1_000,
  )
  gauge('auth_hash_running', 'Passwords that are being hashed', () => gate.counts().running)
  gauge('auth_hash_queue', 'Passwords that wait to be hashed', () => gate.counts().waiting)
  counter('auth_hash_total', 'Passwords hashed', () => gate.counts().done)
  counter('auth_hash_refused_total', 'Passwords rejected because they would wait too long', () => gate.counts().refused)
  return { loggedIn: (result) => logins.set(result, (logins.get(result) ?? 0) + 1) }
}
