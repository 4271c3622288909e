import type { RateLedger, SharedLimit } from '@fastchat/cluster'
import type { PodLimits } from './pod-limits.ts'

/** Rates of addresses (`connects`, `requests`) and of users (all others), over all pods. */
export type Rates = Readonly<
  Record<
    | 'userSends'
    | 'connects'
    | 'requests'
    | 'changes'
    | 'prunes'
    | 'commits'
    | 'handshakeBytes'
    | 'uploads'
    | 'uploadBytes',
    SharedLimit
  >
>

export function openRates(ledger: RateLedger, limits: PodLimits): Rates {
  return {
    userSends: ledger.limit('sends', limits.userSends),
    connects: ledger.limit('connects', limits.connects),
    requests: ledger.limit('requests', limits.requests),
    changes: ledger.limit('changes', limits.changes),
    /** Attempts to remove departed members. A successful attempt is given back. */
    prunes: ledger.limit('prunes', limits.changes),
    commits: ledger.limit('commits', limits.commits),
    handshakeBytes: ledger.limit('handshake-bytes', limits.handshakeBytes),
    uploads: ledger.limit('uploads', limits.uploads),
    uploadBytes: ledger.limit('upload-bytes', limits.uploadBytes),
  }
}
