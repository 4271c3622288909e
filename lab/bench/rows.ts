import type { SystemName } from './systems/system.ts'

export type Unit =
  | 'msg/s'
  | 'deliveries/s'
  | 'logins/s'
  | 'ms'
  | 's'
  | 'µs/msg'
  | 'µs/delivery'
  | 'µs/connect'
  | 'µs/device'
  | 'bytes'
  | '% of a core'
  | 'p'
  | 'messages'
  | '×'
export type RivalName = Exclude<SystemName, 'ours'> | 'bare'

/** A bound for the figure, or for its ratio to that of a peer. */
export type Target =
  | { readonly atLeast: number; readonly against?: RivalName }
  | { readonly atMost: number; readonly against?: RivalName }

export type Metric = {
  readonly name: string
  readonly unit: Unit
  /** A remark without which a reader would misread the figure. */
  readonly note?: string
  readonly targets?: readonly Target[]
}

export type Rivals = Readonly<Partial<Record<RivalName, number>>>

/** One figure, with those of the peers. */
export type Row = {
  readonly name: string
  readonly unit: Unit
  readonly ours: number
  readonly peers: Rivals
  /** Our figure divided by theirs, where theirs is above 0. */
  readonly ratios: Rivals
  readonly target: string | null
  /** `null` when there is no target, or the run has no peer to compare with. */
  readonly met: boolean | null
  readonly note?: string
}

export function rowOf(metric: Metric, ours: number, peers: Rivals = {}): Row {
  const { name, unit, note, targets = [] } = metric
  const comparable = Object.entries(peers).filter(([, theirs]) => theirs > 0)
  const ratios: Rivals = Object.fromEntries(comparable.map(([peer, theirs]) => [peer, ours / theirs]))
  const verdicts = targets.map((target) => isMet(target, ours, ratios)).filter((verdict) => verdict !== undefined)
  return {
    name,
    unit,
    ours,
    peers,
    ratios,
    target: targets.length > 0 ? targets.map(describeTarget).join(', ') : null,
    met: verdicts.length > 0 ? verdicts.every(Boolean) : null,
    ...(note !== undefined && { note }),
  }
}

function isMet(target: Target, ours: number, ratios: Rivals): boolean | undefined {
  const value = target.against === undefined ? ours : ratios[target.against]
  if (value === undefined) return undefined
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

function describeTarget(target: Target): string {
  const bound = 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
  return target.against === undefined ? bound : `${bound} × ${target.against}`
}
