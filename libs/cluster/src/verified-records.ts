import type { Log } from './log.ts'
import { isPodName, type PodSeal, type PodStatement, type SealedStatement } from './pod-seal.ts'

/** Four reports missed. */
export const staleMs = 4_000
/** After a failover the new master's clock may be behind that of the one by which a pod has told the time. */
export const maxAheadMs = 10_000
/** Redis forgets a record after 5 s. An older one has been put there again. */
const repeatedMs = 6_000
/** As often as somebody who forges records is logged. */
const logEveryMs = 60_000
/** A record that is still there after this is judged again. */
const judgedForMs = 15_000
/** More names than any installation has pods. Beyond that all are judged again. */
const maxJudged = 2_000

/** Without a MAC of ours; of another pod; older than records get, or of a time to come. */
export type IgnoredReason = 'forged' | 'other_name' | 'other_time'

export type Judged = {
  readonly mac: string
  readonly verdict: PodStatement | IgnoredReason
  readonly judgedAtMs: number
}

export type VerifiedRecordsOptions = {
  readonly seal: PodSeal
  readonly log: Log
  /** Milliseconds, never going back. */
  readonly nowMs: () => number
  /** Called for each record that is not believed; again if it is still there after 15 s. */
  readonly onIgnored?: ((reason: IgnoredReason) => void) | undefined
}

export type VerifiedRecords = ReturnType<typeof createVerifiedRecords>

/** What pods say of themselves, as far as their key shows that it was them. Whether it is still true is for the reader to see by `at`. */
export function createVerifiedRecords({ seal, log, nowMs, onIgnored }: VerifiedRecordsOptions) {
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
    if (nowMs() - loggedAt < logEveryMs) return
    // The name is somebody else's text.
    log.warn({ pod: isPodName(pod) ? pod : '(not a name)', reason, ignored }, 'pod record ignored')
    ;[ignored, loggedAt] = [0, nowMs()]
  }

  return {
    /** What is known of each name, for as long as that need not be judged again. */
    current(): ReadonlyMap<string, Judged> {
      const oldest = nowMs() - judgedForMs
      for (const [pod, { judgedAtMs }] of judged) if (judgedAtMs < oldest) judged.delete(pod)
      return judged
    },
    /** Judges a record at `redisMs` of Redis's clock, and remembers it. */
    add(pod: string, sealed: SealedStatement, redisMs: number): Judged['verdict'] {
      const known = judged.get(pod)
      const verdict = judge(pod, sealed, redisMs)
      if (typeof verdict === 'string' && (known?.mac !== sealed.mac || known.verdict !== verdict)) tell(pod, verdict)
      if (judged.size >= maxJudged && known === undefined) judged.clear()
      judged.set(pod, { mac: sealed.mac, verdict, judgedAtMs: nowMs() })
      return verdict
    },
  }
}
