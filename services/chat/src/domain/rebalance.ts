import type { Candidate } from '@fastchat/schema'

/** How often a pod compares itself with the others. */
export const rebalanceEveryMs = 5_000
const minuteMs = 60_000

/** A pod's last report of itself. */
export type PodView = Candidate & {
  /** The number of connections and reservations. */
  readonly used: number
  readonly capacity: number
  readonly isDraining: boolean
  /** Whether its last report is recent. */
  readonly isFresh: boolean
  /** Whether its event loop keeps up. */
  readonly isCalm: boolean
  readonly revision: string
  /** The time since the pod was started. */
  readonly upMs: number
}

/** Limits from the REBALANCE variables of the configuration. */
export type RebalanceLimits = {
  readonly percentPerMinute: number
  readonly above: number
  readonly minConnections: number
  readonly targetAgeMs: number
}

/**
 * Decides which clients a pod sends to emptier pods. After a scale-up or a rollout connections stay
 * where they are, so the fullest pods send some away, slowly. A pod starts when its load (used /
 * capacity) exceeds `above` times the mean of all pods. It stops when a third of the excess over
 * the mean is gone. It sends at most `percentPerMinute` of its clients, and only to pods below the
 * mean. The room there, up to the mean, is shared by all pods that send clients away: no client
 * lands on a pod that must send it on. Without a certain view nothing is sent, since pods may be
 * coming and going.
 */
export class Rebalance {
  readonly #pod: string
  readonly #limits: RebalanceLimits
  #isShedding = false
  /**
   * The number of clients that may leave by now. It never exceeds what one check adds, plus one.
   */
  #due = 0

  constructor(pod: string, limits: RebalanceLimits) {
    this.#pod = pod
    this.#limits = limits
  }

  get isShedding(): boolean {
    return this.#isShedding
  }

  /**
   * Returns the offers for the clients that should leave now, best pod first. Call it each
   * `rebalanceEveryMs`. `pods` holds all pods, this one included. Pass undefined if they are not
   * known or this pod is draining.
   */
  next(pods: readonly PodView[] | undefined): readonly (readonly Candidate[])[] {
    const surplus = pods && this.#surplusOf(pods)
    this.#isShedding = surplus !== undefined
    if (surplus === undefined) {
      this.#due = 0
      return []
    }
    const perCheck = (surplus.used * this.#limits.percentPerMinute * rebalanceEveryMs) / (100 * minuteMs)
    this.#due = Math.min(this.#due, 1) + perCheck
    const count = Math.floor(Math.min(this.#due, surplus.count))
    this.#due -= count
    return spread(surplus.targets, count)
  }

  #surplusOf(pods: readonly PodView[]): Surplus | undefined {
    const { percentPerMinute, above, minConnections, targetAgeMs } = this.#limits
    const live = pods.filter(({ isDraining, isFresh }) => isFresh && !isDraining)
    const own = live.find(({ pod }) => pod === this.#pod)
    // Clients of an old revision will be moved anyway, and should be moved only once.
    const isRollout = new Set(live.map(({ revision }) => revision)).size > 1
    if (percentPerMinute === 0 || own === undefined || own.used < minConnections || isRollout) return undefined
    const mean = sumOf(live, ({ used }) => used) / sumOf(live, ({ capacity }) => capacity)
    const stopAt = mean * (1 + ((above - 1) * 2) / 3)
    if (loadOf(own) <= (this.#isShedding ? stopAt : mean * above)) return undefined
    const sharers = live.filter((pod) => loadOf(pod) > stopAt).length
    const targets = live
      .filter(({ isCalm, upMs }) => isCalm && upMs >= targetAgeMs)
      .map((pod) => ({ ...pod, room: Math.floor((mean * pod.capacity - pod.used) / sharers) }))
      .filter(({ room }) => room > 0)
    if (targets.length === 0) return undefined
    const room = sumOf(targets, (target) => target.room)
    return { used: own.used, count: Math.min(own.used - Math.floor(stopAt * own.capacity), room), targets }
  }
}

/** The clients above the limit on this pod, and the pods with room for them. */
type Surplus = { readonly used: number; readonly count: number; readonly targets: readonly Target[] }
type Target = PodView & {
  /** This pod's share of the room there. */
  readonly room: number
}

/** Offers each client the pod with most room left, and the next best as an alternative. */
function spread(targets: readonly Target[], count: number): Candidate[][] {
  const left = targets.map(({ pod, url, room }) => ({ pod, url, room }))
  return Array.from({ length: count }, () => {
    left.sort((a, b) => b.room - a.room)
    const offered = left.slice(0, 2).map(({ pod, url }) => ({ pod, url }))
    if (left[0]) left[0].room--
    return offered
  })
}

const loadOf = ({ used, capacity }: PodView): number => used / capacity

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0)
