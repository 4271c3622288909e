import type { Candidate, DeviceId } from '@fastchat/schema'
import { candidateOf } from '@fastchat/schema'
import { askToDrain } from './ask-to-drain.ts'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { listPods, type PodList } from './list-pods.ts'
import type { Log } from './log.ts'
import { type DrawnPod, placeScript, scanArgs } from './place-script.ts'
import type { PodSeal } from './pod-seal.ts'
import { runScript } from './run-script.ts'
import { createVerifiedRecords, type IgnoredReason } from './verified-records.ts'

/** Each round trip brings the records that have changed since the last one; a pod writes one a second. */
const maxRounds = 4

export type LivePod = {
  readonly pod: string
  /** Connections and reservations. */
  readonly used: number
  /** Smaller while the pod is new. */
  readonly capacity: number
}

export type Pick = {
  /** At most two, best first. None: there is no pod to offer. */
  readonly candidates: readonly Candidate[]
  /** When the reservation ends (ms since 1970, Redis's clock). */
  readonly expiresAt: number
}

/** The pods that have lately said, under the key that they share, that they are there. All reject if Redis is away. */
export type Pods = {
  /**
   * Chooses a pod for `device` and reserves a place there until the pod counts the device itself, in one atomic step however many
   * balancers ask. Two pods are drawn at random and the emptier one, by (connections + reservations) / capacity, wins: that spreads
   * nearly as well as asking all ([Mitzenmacher 2001]; 500 devices over 3 equal pods differ by 1 in 20 runs of 20), and reports that
   * come late make no herd.
   *
   * Left out: pods that drain, are full, or have not reported for 4 s. A pod whose event loop is over 200 ms late is taken only if all
   * are: on a small machine a hiccup hits every pod at once, and "no services" would be a worse answer.
   *
   * While pods of several revisions run, those of the newest are drawn from: who is sent to an old one must move again. The newest is
   * the one whose oldest pod is youngest, so a pod of the old revision that crashes and comes back changes nothing.
   *
   * Pods that send clients away because others are emptier are drawn from only if all do.
   */
  pick(device: DeviceId): Promise<Pick>
  /** The pods that `pick` would draw from now. */
  read(): Promise<readonly LivePod[]>
  /** Every pod that has reported within 5 s, drained ones included, by name; and how many records were not believed. */
  list(): Promise<PodList>
  /**
   * Asks the present life of a pod to send its clients elsewhere; it sees that with its next report, within about a second. `false`:
   * there is no such pod.
   */
  askToDrain(pod: string): Promise<boolean>
}

export type PodsOptions = {
  /** See `openPublisher`. */
  readonly redis: Commands
  readonly keys: Keys
  readonly seal: PodSeal
  readonly log: Log
  /** See `VerifiedRecordsOptions`. */
  readonly onIgnored?: (reason: IgnoredReason) => void
  /** Milliseconds, never going back. */
  readonly nowMs?: () => number
  readonly random?: () => number
}

/**
 * Reads and picks pods by what they have signed. Redis can't check a MAC, so each script is told which records this process has checked,
 * by their MACs, and what is in them; it goes by that alone, and by its own reservations. If it finds a record with another MAC, it
 * changes nothing and hands that record back to be checked. A record that changes again each time is left out in the end.
 */
export function openPods(options: PodsOptions): Pods {
  const { redis, keys, seal, log, onIgnored, nowMs = () => performance.now(), random = Math.random } = options
  const records = createVerifiedRecords({ seal, log, nowMs, onIgnored })

  async function run(device?: DeviceId): Promise<readonly unknown[]> {
    for (let round = 1; ; round++) {
      const isLast = round === maxRounds
      const args = scanArgs(keys, { isLast, device, draws: [random(), random()] }, records.current())
      // The casts hold because it is what the script returns.
      const [said, ...rest] = (await runScript(redis, placeScript, [keys.pods], args)) as [string, ...unknown[]]
      if (said !== 'changed') return rest
      const [redisMs, ...changed] = rest as [number, ...[string, string, string][]]
      for (const [pod, content, mac] of changed) records.add(pod, { content, mac }, redisMs)
    }
  }

  return {
    async pick(device) {
      const [expiresAt, ...drawn] = (await run(device)) as [number, ...string[]]
      return { candidates: drawn.map(candidateOf), expiresAt }
    },
    async read() {
      const drawn = (await run()) as DrawnPod[]
      return drawn.map(([pod, used, capacity]) => ({ pod, used: Number(used), capacity: Number(capacity) }))
    },
    list: () => listPods(redis, keys, records),
    async askToDrain(pod) {
      const found = (await listPods(redis, keys, records)).pods.find((one) => one.pod === pod)
      return found !== undefined && (await askToDrain(redis, keys, seal, found))
    },
  }
}
