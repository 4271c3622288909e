import type { ReservedPlace } from '@fastchat/cluster'
import { chooseLeavers } from '../domain/choose-leavers.ts'
import { type PodView, Rebalance, type RebalanceLimits, rebalanceEveryMs } from '../domain/rebalance.ts'
import type { ClientSocket } from '../socket/client-socket.ts'
import { type Leaver, type SendAwayOptions, sendAway } from './send-away.ts'

/**
 * Few clients move at a time, so they may come back soon. It is well below the life of a
 * reservation.
 */
const spreadMs = 1_000

export type RebalancerOptions = Pick<SendAwayOptions, 'settled' | 'random' | 'onAsked'> & {
  readonly pod: string
  readonly limits: RebalanceLimits
  /** The sockets of this pod, oldest first. */
  readonly sockets: ReadonlySet<ClientSocket>
  /** Returns all pods, this one included. Rejects while Redis is away. */
  readonly pods: () => Promise<readonly PodView[]>
  /** Reserves places for the clients that move. Rejects while Redis is away. */
  readonly reserve: (places: readonly ReservedPlace[]) => Promise<void>
  /** Whether the pod is draining, so that all clients leave anyway. */
  readonly isLeaving: () => boolean
  readonly onShed: (count: number) => void
  readonly onError: (error: unknown) => void
}

export type Rebalancer = { isShedding(): boolean; close(): void }

/** Makes a pod that is far fuller than the others send some clients to them. See `Rebalance`. */
export function createRebalancer(options: RebalancerOptions): Rebalancer {
  const { sockets, pods, reserve, isLeaving, onShed, onError } = options
  const rebalance = new Rebalance(options.pod, options.limits)
  let isBusy = false

  async function check(): Promise<void> {
    // While Redis is away no client moves, since moved clients could not be told from lost ones.
    const view = await pods().catch(() => undefined)
    const offers = rebalance.next(isLeaving() ? undefined : view)
    if (offers.length === 0) return
    const chosen = chooseLeavers(sockets, offers.length)
    const leavers = chosen.map((socket, at) => ({ socket, candidates: offers[at] ?? [] }))
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

function placeOf({ socket: { deviceId }, candidates: [first] }: Leaver): ReservedPlace[] {
  return deviceId === undefined || first === undefined ? [] : [{ pod: first.pod, device: deviceId }]
}
