import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import type { LivePod, Log, Pick } from '@fastchat/cluster'
import type { Candidate, DeviceId } from '@fastchat/schema'
import { pickFromSnapshot, type Snapshot } from './snapshot.ts'

/** What the balancer asks of the registry of pods. Both reject while it is away. */
export type Pods = {
  pick(device: DeviceId): Promise<Pick>
  /** Pods that may be offered now. */
  read(): Promise<readonly LivePod[]>
}

export type Placed = {
  readonly source: 'live' | 'snapshot'
  /** One or two, best first. */
  readonly candidates: readonly Candidate[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export type Placement = {
  /** Undefined: there is no pod to offer. Never rejects. */
  place(device: DeviceId): Promise<Placed | undefined>
  /** To be called each second. Never rejects. */
  refresh(): Promise<void>
  /** Knows, or has lately known, which pods there are (maybe none). */
  isInformed(): boolean
  knownPods(): number
}

export type PlacementOptions = {
  readonly pods: Pods
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
}

/** Pods live longer than Redis's restarts; a pod that has died meanwhile costs its client one failed try. */
const snapshotMs = 30_000
/** As long as a reservation lasts, though the snapshot makes none. */
const askAgainMs = 10_000
/** A Redis that comes back empty knows a pod only after its next report: until then its "none" means nothing. */
const rebuildMs = 3_000

/** Places devices by the registry's live records, or by the last snapshot of them while it is away. */
export function createPlacement({ pods, log, clock, random }: PlacementOptions): Placement {
  const { monotonicMs, wallMs } = clock
  let snapshot: Snapshot | undefined
  let isAway = false
  let lastFailureAt: MonotonicMs | undefined

  function failed(error: unknown): void {
    if (!isAway) log.warn({ err: error }, 'pod registry away; placing by the last snapshot')
    isAway = true
    lastFailureAt = monotonicMs()
  }

  const isRebuilding = () => lastFailureAt !== undefined && monotonicMs() - lastFailureAt < rebuildMs
  const validSnapshot = () =>
    snapshot !== undefined && monotonicMs() - snapshot.takenAt <= snapshotMs ? snapshot : undefined

  async function placeLive(device: DeviceId): Promise<Placed | undefined> {
    if (isAway) return undefined // a registry that hangs must not cost each caller its timeout
    try {
      const { candidates, expiresAt } = await pods.pick(device)
      return candidates.length > 0 ? { source: 'live', candidates, expiresAt } : undefined
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  function placeBySnapshot(): Placed | undefined {
    const valid = validSnapshot()
    if (valid === undefined || !(isAway || isRebuilding())) return undefined
    const candidates = pickFromSnapshot(valid, random)
    if (candidates.length === 0) return undefined
    return { source: 'snapshot', candidates, expiresAt: later(wallMs(), askAgainMs) }
  }

  return {
    async place(device) {
      return (await placeLive(device)) ?? placeBySnapshot()
    },
    async refresh() {
      try {
        const read = await pods.read()
        if (isAway) log.info({ pods: read.length }, 'pod registry back')
        isAway = false
        if (read.length === 0 && isRebuilding()) return
        snapshot = { takenAt: monotonicMs(), pods: read, sent: new Map() }
      } catch (error) {
        failed(error)
      }
    },
    isInformed: () => validSnapshot() !== undefined,
    knownPods: () => validSnapshot()?.pods.length ?? 0,
  }
}
