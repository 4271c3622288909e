import type { Log } from './log.ts'
import { isPodName, type PodSeal, type PodStatement, type SealedStatement } from './pod-seal.ts'

/** Clocks of hosts may differ by this much. A record that somebody repeats is believed this much longer than one that ends by itself. */
export const maxClockSkewMs = 10_000
/** Four reports missed. */
export const staleMs = 4_000
/** As often as somebody who forges records is logged. */
const logEveryMs = 60_000
/** A record that is still there after this is judged again. */
const judgedForMs = 15_000
/** More names than any installation has pods. Beyond that all are judged again. */
const maxJudged = 2_000

/** Without a MAC of ours; of another pod; too old, or of a time to come. */
export type IgnoredReason = 'forged' | 'other_name' | 'other_time'

export type Judged = {
  readonly mac: string
  readonly verdict: PodStatement | IgnoredReason
  /** Until when that may be relied on. */
  readonly until: number
}

export type VerifiedRecordsOptions = {
  readonly seal: PodSeal
  readonly log: Log
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
  /** Called for each record that is not believed; again if it is still there after 15 s. */
  readonly onIgnored?: ((reason: IgnoredReason) => void) | undefined
}

export type VerifiedRecords = ReturnType<typeof createVerifiedRecords>

/** What pods say of themselves, as far as their key shows that it was them, and lately. */
export function createVerifiedRecords({ seal, log, wallMs, onIgnored }: VerifiedRecordsOptions) {
  const judged = new Map<string, Judged>()
  let [ignored, loggedAt] = [0, Number.NEGATIVE_INFINITY]

  function judge(pod: string, sealed: SealedStatement): PodStatement | IgnoredReason {
    const statement = seal.open(pod, sealed)
    if (typeof statement === 'string') return statement
    const ageMs = wallMs() - statement.at
    return ageMs <= staleMs + maxClockSkewMs && ageMs >= -maxClockSkewMs ? statement : 'other_time'
  }

  function tell(pod: string, reason: IgnoredReason): void {
    onIgnored?.(reason)
    ignored++
    const now = wallMs()
    if (Math.abs(now - loggedAt) < logEveryMs) return
    // The name is somebody else's text.
    log.warn({ pod: isPodName(pod) ? pod : '(not a name)', reason, ignored }, 'pod record ignored')
    ;[ignored, loggedAt] = [0, now]
  }

  return {
    /** What is known of each name, as long as it may be relied on. */
    current(): ReadonlyMap<string, Judged> {
      const now = wallMs()
      for (const [pod, { until }] of judged) if (until < now) judged.delete(pod)
      return judged
    },
    /** Judges a record, and remembers it. */
    add(pod: string, sealed: SealedStatement): Judged['verdict'] {
      const known = judged.get(pod)
      const now = wallMs()
      const verdict = judge(pod, sealed)
      if (typeof verdict === 'string' && (known?.mac !== sealed.mac || known.verdict !== verdict)) tell(pod, verdict)
      if (judged.size >= maxJudged && known === undefined) judged.clear()
      const lastsMs = typeof verdict === 'string' ? judgedForMs : staleMs + maxClockSkewMs - (now - verdict.at)
      judged.set(pod, { mac: sealed.mac, verdict, until: now + Math.min(lastsMs, judgedForMs) })
      return verdict
    },
  }
}
