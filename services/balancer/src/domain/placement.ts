import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import type { LivePod, Log, Pick } from '@fastchat/cluster'
import type { Candidate, DeviceId } from '@fastchat/schema'
import { pickFromSnapshot, type Snapshot } from './snapshot.ts'

/** The registry of pods. Both functions reject while Redis is away. */
export type Pods = {
  pick(device: DeviceId): Promise<Pick>
  /** Returns the pods that may be offered now. */
  read(): Promise<readonly LivePod[]>
}

export type Placed = {
  readonly source: 'live' | 'snapshot'
  /** One or two candidates, best first. */
  readonly candidates: readonly Candidate[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export type Placement = {
  /** Returns undefined if there is no pod to offer. Never rejects. */
  place(device: DeviceId): Promise<Placed | undefined>
  /** Reads the pods again. Call it each second. Never rejects. */
  refresh(): Promise<void>
  /** Returns true if the pods were read within the last 30 s, even if there were none. */
  isInformed(): boolean
  knownPods(): number
}

export type PlacementOptions = {
  readonly pods: Pods
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
}

/**
 * A restart of Redis takes less time than this. If a pod has died meanwhile, its client loses one
 * try.
 */
const snapshotMs = 30_000
/** The same time as a reservation lasts, although the snapshot makes none. */
const askAgainMs = 10_000
/**
 * After an outage, an empty Redis knows a pod only from its next report. Until then its "no pods"
 * is ignored.
 */
const rebuildMs = 3_000

/**
 * Places devices by the registry's live records, or by their last snapshot while the registry is
 * away.
 */
export function createPlacement({ pods, log, clock, random }: PlacementOptions): Placement {
  const { monotonicMs, wallMs } = clock
  let snapshot: Snapshot | undefined
  let isAway = false
  let lastFailureAt: MonotonicMs | undefined

  function failed(error: unknown): void {
    if (!isAway) log.warn({ err: error }, 'pod registry does not answer; placing by the last snapshot')
    isAway = true
    lastFailureAt = monotonicMs()
  }

  const isRebuilding = () => lastFailureAt !== undefined && monotonicMs() - lastFailureAt < rebuildMs
  const validSnapshot = () =>
    snapshot !== undefined && monotonicMs() - snapshot.takenAt <= snapshotMs ? snapshot : undefined

  async function placeLive(device: DeviceId): Promise<Placed | undefined> {
    if (isAway) return undefined // if the registry hangs, callers must not wait for its timeout
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
        if (isAway) log.info({ pods: read.length }, 'pod registry answers again')
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
