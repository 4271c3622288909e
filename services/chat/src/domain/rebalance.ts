import type { Candidate } from '@fastchat/schema'

/** How often a pod compares itself with the others. */
export const rebalanceEveryMs = 5_000
const minuteMs = 60_000

/** A pod as it last told of itself. */
export type PodView = Candidate & {
  /** Connections and reservations. */
  readonly used: number
  readonly capacity: number
  readonly isDraining: boolean
  /** It has reported lately. */
  readonly isFresh: boolean
  /** Its event loop keeps up. */
  readonly isCalm: boolean
  readonly revision: string
  /** Since it was started. */
  readonly upMs: number
}

/** See the REBALANCE variables. */
export type RebalanceLimits = {
  readonly percentPerMinute: number
  readonly above: number
  readonly minConnections: number
  readonly targetAgeMs: number
}

/**
 * Whom a pod sends to emptier ones. After a scale-up or a rollout the old sockets stay where they are, so the fullest pods let some
 * go, slowly: from `above` times the mean load (used / capacity) of all pods on, until a third of the excess over the mean is gone, at
 * most `percentPerMinute` of their clients. Only to pods under the mean, whose room up to there is shared by all who shed: nobody is
 * sent to a pod that must send it on. Never by a view that is not sure: it is no help to move people while pods come and go.
 */
export class Rebalance {
  readonly #pod: string
  readonly #limits: RebalanceLimits
  #isShedding = false
  /** How many may go by now; never more than what one check adds, and one. */
  #due = 0

  constructor(pod: string, limits: RebalanceLimits) {
    this.#pod = pod
    this.#limits = limits
  }

  get isShedding(): boolean {
    return this.#isShedding
  }

  /**
   * Every `rebalanceEveryMs`: what to offer, best first, to each of those who should go now. `pods`: all that there are, this one
   * included; undefined when that is not known, or this pod ends.
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
    // Those of an old revision will be moved anyway, and should be moved once.
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

/** What is too much on this pod, and where there is room. */
type Surplus = { readonly used: number; readonly count: number; readonly targets: readonly Target[] }
/** `room`: this pod's share of it. */
type Target = PodView & { readonly room: number }

/** Each goes to where most room is left, with the next best should that fail. */
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
