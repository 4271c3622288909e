import type { MonotonicMs } from '@fastchat/clock'
import type { LivePod } from '@fastchat/cluster'
import { type Candidate, candidateOf } from '@fastchat/schema'

/** The pods at the last read of Redis, and how many devices each was offered since. */
export type Snapshot = {
  readonly takenAt: MonotonicMs
  readonly pods: readonly LivePod[]
  readonly sent: Map<string, number>
}

/**
 * Picks at most two pods, best first. Like the pick in Redis, it draws two at random and prefers
 * the emptier one. It makes no reservation.
 */
export function pickFromSnapshot({ pods, sent }: Snapshot, random: () => number): readonly Candidate[] {
  const usedOf = ({ pod, used }: LivePod) => used + (sent.get(pod) ?? 0)
  const loadOf = (one: LivePod) => usedOf(one) / one.capacity
  const open = pods.filter((one) => usedOf(one) < one.capacity)
  const drawn = open.splice(Math.floor(random() * open.length), 1)
  drawn.push(...open.splice(Math.floor(random() * open.length), 1))
  drawn.sort((a, b) => loadOf(a) - loadOf(b))
  const [best] = drawn
  if (best !== undefined) sent.set(best.pod, (sent.get(best.pod) ?? 0) + 1)
  return drawn.map(({ pod }) => candidateOf(pod))
}
