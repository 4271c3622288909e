import type { Clock } from '@fastchat/clock'
import type { Log } from './log.ts'
import { isPodName, type PodSeal, type PodStatement, type SealedStatement } from './pod-seal.ts'

/** The pod has missed four reports. */
export const staleMs = 4_000
/** After a failover the clock of the new master may be behind the time in a record. */
export const maxAheadMs = 10_000
/** Redis deletes a record after 5 s, so somebody has written an older one again. */
const repeatedMs = 6_000
/** The pause between two log lines about forged records. */
const logEveryMs = 60_000
/** After this time a record is judged again. */
const judgedForMs = 15_000
/** Far more than any installation has pods. Above it, all are judged again. */
const maxJudged = 2_000

/**
 * Why a record is rejected: its MAC is wrong, it is about another pod, or its time is in the future
 * or too long ago.
 */
export type IgnoredReason = 'forged' | 'other_name' | 'other_time'

export type Judged = {
  readonly mac: string
  readonly verdict: PodStatement | IgnoredReason
  readonly judgedAtMs: number
}

export type VerifiedRecordsOptions = {
  readonly seal: PodSeal
  readonly log: Log
  readonly clock: Clock
  /** Called for each rejected record, and again if it is still there after 15 s. */
  readonly onIgnored?: ((reason: IgnoredReason) => void) | undefined
}

export type VerifiedRecords = ReturnType<typeof createVerifiedRecords>

/**
 * Keeps the statements of pods whose MAC was checked. A statement may be out of date: the reader
 * checks its `at`.
 */
export function createVerifiedRecords({ seal, log, clock, onIgnored }: VerifiedRecordsOptions) {
  const judged = new Map<string, Judged>()
  let [ignored, loggedAt] = [0, Number.NEGATIVE_INFINITY]

  function judge(pod: string, sealed: SealedStatement, redisMs: number): PodStatement | IgnoredReason {
    const statement = seal.open(pod, sealed)
    if (typeof statement === 'string') return statement
    const ageMs = redisMs - statement.at
    return ageMs <= repeatedMs && ageMs >= -maxAheadMs ? statement : 'other_time'
  }

  function tell(pod: string, reason: IgnoredReason): void {
    onIgnored?.(reason)
    ignored++
    if (clock.monotonicMs() - loggedAt < logEveryMs) return
    // Somebody else may have written the name, so only a valid one is logged.
    log.warn({ pod: isPodName(pod) ? pod : '(not a name)', reason, ignored }, 'pod record ignored')
    ;[ignored, loggedAt] = [0, clock.monotonicMs()]
  }

  return {
    /** Returns the verdicts that are still in force, by name. */
    current(): ReadonlyMap<string, Judged> {
      const oldest = clock.monotonicMs() - judgedForMs
      for (const [pod, { judgedAtMs }] of judged) if (judgedAtMs < oldest) judged.delete(pod)
      return judged
    },
    /** Judges a record at the time `redisMs` of Redis's clock, and keeps the verdict. */
    add(pod: string, sealed: SealedStatement, redisMs: number): Judged['verdict'] {
      const known = judged.get(pod)
      const verdict = judge(pod, sealed, redisMs)
      if (typeof verdict === 'string' && (known?.mac !== sealed.mac || known.verdict !== verdict)) tell(pod, verdict)
      if (judged.size >= maxJudged && known === undefined) judged.clear()
      judged.set(pod, { mac: sealed.mac, verdict, judgedAtMs: clock.monotonicMs() })
      return verdict
    },
  }
}
