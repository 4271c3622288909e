import type { ReservedPlace } from '@fastchat/cluster'
import type { Candidate } from '@fastchat/schema'
import { type PodView, Rebalance, type RebalanceLimits, rebalanceEveryMs } from '../domain/rebalance.ts'
import type { ClientSocket } from '../socket/client-socket.ts'
import { type Leaver, type SendAwayOptions, sendAway } from './send-away.ts'

/** Few go at a time, so soon is early enough; well within the time that their places are kept. */
const spreadMs = 1_000

export type RebalancerOptions = Pick<SendAwayOptions, 'settled' | 'random' | 'onAsked'> & {
  readonly pod: string
  readonly limits: RebalanceLimits
  /** Those who came first, first. */
  readonly sockets: ReadonlySet<ClientSocket>
  /** All pods, this one included. Rejects while Redis is away. */
  readonly pods: () => Promise<readonly PodView[]>
  /** Keeps places for those who go. Rejects while Redis is away. */
  readonly reserve: (places: readonly ReservedPlace[]) => Promise<void>
  /** The pod ends, and everybody goes. */
  readonly isLeaving: () => boolean
  readonly onShed: (count: number) => void
  readonly onError: (error: unknown) => void
}

export type Rebalancer = { isShedding(): boolean; close(): void }

/** Has a pod that is far fuller than the others send some of its clients to them: see `Rebalance`. */
export function createRebalancer(options: RebalancerOptions): Rebalancer {
  const { sockets, pods, reserve, isLeaving, onShed, onError } = options
  const rebalance = new Rebalance(options.pod, options.limits)
  let isBusy = false

  async function check(): Promise<void> {
    // While Redis is away nobody is moved: those who went could not be told from those who were lost.
    const view = await pods().catch(() => undefined)
    const offers = rebalance.next(isLeaving() ? undefined : view)
    if (offers.length === 0) return
    const leavers = choose(sockets, offers)
    await reserve(leavers.flatMap(placeOf))
    if (isLeaving()) return
    onShed(leavers.length)
    await sendAway(leavers, { ...options, reason: 'moved', spreadMs })
  }

  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    check()
      .catch(onError)
      .finally(() => {
        isBusy = false
      })
  }, rebalanceEveryMs)

  return {
    isShedding: () => rebalance.isShedding && !isLeaving(),
    close: () => clearInterval(timer),
  }
}

/**
 * Those with nothing under way before the others, and those who came first before those who came last: who was moved is not moved again
 * before everybody else was.
 */
function choose(sockets: ReadonlySet<ClientSocket>, offers: readonly (readonly Candidate[])[]): Leaver[] {
  const quiet: ClientSocket[] = []
  const busy: ClientSocket[] = []
  for (const socket of sockets) {
    if (quiet.length === offers.length) break
    if (socket.isQuiet) quiet.push(socket)
    else if (socket.isOpen) busy.push(socket)
  }
  const chosen = [...quiet, ...busy].slice(0, offers.length)
  return chosen.map((socket, at) => ({ socket, candidates: offers[at] ?? [] }))
}

function placeOf({ socket: { deviceId }, candidates: [first] }: Leaver): ReservedPlace[] {
  return deviceId === undefined || first === undefined ? [] : [{ pod: first.pod, device: deviceId }]
}
