import type { MonotonicMs } from '@fastchat/clock'
import type { LivePod } from '@fastchat/cluster'
import { type Candidate, candidateOf } from '@fastchat/schema'

/** The pods as they were when Redis was last asked, and who has been sent there since. */
export type Snapshot = {
  readonly takenAt: MonotonicMs
  readonly pods: readonly LivePod[]
  readonly sent: Map<string, number>
}

/** Like Redis's own pick (the emptier of two drawn at random), without its reservations: at most two, best first. */
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
