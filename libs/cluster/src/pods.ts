import type { Clock } from '@fastchat/clock'
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

/** Each round brings the records that changed since the last one. A pod writes one per second. */
const maxRounds = 4

export type LivePod = {
  readonly pod: string
  /** Connections plus reserved places. */
  readonly used: number
  /** Smaller while the pod is new. */
  readonly capacity: number
}

export type Pick = {
  /** Holds two pods at most, best first. Empty: no pod is available. */
  readonly candidates: readonly Candidate[]
  /** When the reservation ends (ms since 1970, Redis's clock). */
  readonly expiresAt: number
}

/** The pods that have reported lately with a valid MAC. All methods reject if Redis is down. */
export type Pods = {
  /**
   * Chooses a pod for `device` and reserves a place there until the pod counts the device itself.
   * This is one atomic step for any number of balancers. Two pods are drawn at random, and the one
   * with the smaller (connections + reservations) / capacity wins. That spreads nearly as well as
   * comparing all pods ([Mitzenmacher 2001]; 500 devices over 3 equal pods differ by 1 in 20 runs
   * of 20). Late reports cannot send a whole crowd to one pod.
   *
   * It skips pods that drain, are full, or have not reported for 4 s. A pod whose event loop is
   * over 200 ms late is drawn only if all are. On a small machine a pause hits every pod at once,
   * and "no services" would be a worse answer.
   *
   * While pods of several revisions run, it draws from the newest revision, because devices on an
   * old pod must move again. The newest revision is the one whose oldest pod is youngest, so a
   * restarted pod of the old revision changes nothing.
   *
   * Pods that move clients to emptier pods are drawn only if all do.
   */
  pick(device: DeviceId): Promise<Pick>
  /** Returns the pods that `pick` would draw from now. */
  read(): Promise<readonly LivePod[]>
  /** Returns all pods that reported within 5 s, also draining ones, and counts rejected records. */
  list(): Promise<PodList>
  /**
   * Asks the running pod of this name to move its clients. The pod sees it with its next report,
   * within about a second. Returns false if there is no pod of this name.
   */
  askToDrain(pod: string): Promise<boolean>
}

export type PodsOptions = {
  /** A connection from `openPublisher`. */
  readonly redis: Commands
  readonly keys: Keys
  readonly seal: PodSeal
  readonly log: Log
  /** The same as in `VerifiedRecordsOptions`. */
  readonly onIgnored?: (reason: IgnoredReason) => void
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Reads and picks pods by their sealed records. Redis cannot check a MAC. So each script gets the
 * records that this process has checked: their MACs and contents. The script uses only those and
 * its own reservations. A record with another MAC stops it: it changes nothing and returns the
 * record to be checked. A record that changes in every round is skipped in the last one.
 */
export function openPods(options: PodsOptions): Pods {
  const { redis, keys, seal, log, onIgnored, clock, random } = options
  const records = createVerifiedRecords({ seal, log, clock, onIgnored })

  async function run(device?: DeviceId): Promise<readonly unknown[]> {
    for (let round = 1; ; round++) {
      const isLast = round === maxRounds
      const args = scanArgs(keys, { isLast, device, draws: [random(), random()] }, records.current())
      // The casts in this function and below hold: the script returns this.
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
