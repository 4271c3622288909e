import { type ClientFrames, type ConversationId, limits } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { DeviceFeed } from '../delivery/device-feed.ts'
import type { Connected } from '../delivery/devices.ts'
import { LineHold } from '../domain/line-hold.ts'
import type { Leave } from '../domain/places.ts'
import type { Session } from '../domain/ports.ts'
import type { Arrival, Caller } from '../domain/registry.ts'
import { fullBucket, type Rate, type TokenBucket } from '../domain/token-buckets.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'

/** Frames that cost a signature check or reads of the log; a device needs one now and then. */
export const costlyRate: Rate = { perSecond: 2, burst: 20 }

/** A connection that has said who it is. */
export class OpenDevice implements Connected {
  readonly hub: Hub
  readonly connection: Connection
  readonly session: Session
  readonly order: number
  readonly feed: DeviceFeed
  readonly lines = new LineHold()
  readonly costly: TokenBucket
  unackedSends = 0
  /** Milliseconds since 1970. */
  tokenEndsAt: number
  #isListening = false

  readonly #leaveArrivals: Leave
  readonly #caller: Caller

  constructor(hub: Hub, connection: Connection, { session, order }: Arrival, hello: Hello) {
    this.hub = hub
    this.connection = connection
    this.session = session
    this.order = order
    this.tokenEndsAt = hello.tokenEndsAt
    this.#leaveArrivals = hello.leaveArrivals
    this.#caller = hello.caller
    this.costly = fullBucket(costlyRate, hub.nowMs())
    this.feed = new DeviceFeed({
      session,
      connection,
      // It has arrived when it has asked where it stands.
      log: { memberships: (who) => hub.store.log.memberships(who).finally(hello.leaveArrivals) },
      feeds: hub.feeds,
      cursors: hub.cursors,
      counts: hub.counts,
      traces: hub.traces,
      given: hello.cursors,
      nowMs: hub.nowMs,
      onReadError: (err) => hub.log.warn({ err, device: session.deviceId }, 'log not read'),
    })
  }

  /** Takes the device's place on this pod, listens for news of its user, then delivers. */
  start(): void {
    this.hub.devices.enter(this)
    this.#isListening = true
    void this.hub.bus.subscribeUsers([this.session.userId]).then(() => {
      if (!this.#isListening) return
      this.hub.fanOut.tellConnected(this)
      this.feed.refresh()
    })
  }

  /** There is news of the user: what the device may receive has changed, or its session was ended. */
  refresh(): void {
    this.feed.refresh()
    this.hub.registry.arrive(this.#caller).then(
      (arrival) => {
        // It asks for a fresh token then, and learns why there is none.
        if (arrival === undefined) this.connection.close('token_expired')
      },
      () => undefined, // the token's own end comes in minutes
    )
  }

  replaced(): void {
    this.connection.close('replaced')
  }

  close(): void {
    this.#leaveArrivals()
    this.feed.close()
    this.hub.devices.leave(this)
    if (this.#isListening) this.hub.bus.unsubscribeUsers([this.session.userId])
    this.#isListening = false
  }
}

type Hello = {
  readonly caller: Caller
  readonly tokenEndsAt: number
  readonly cursors: ReadonlyMap<ConversationId, number>
  readonly leaveArrivals: Leave
}

/** Some hundreds of devices before it: about the time that they take. */
const arrivalsRetryMs = 3_000

/**
 * Checks who is there.
 *
 * @throws AppError `unauthorized`, `token_expired`, `busy`, or an outage of ours
 */
export async function openDevice(hub: Hub, connection: Connection, frame: ClientFrames['hello']): Promise<OpenDevice> {
  const caller = await hub.verify(frame.token)
  const leaveArrivals = hub.arrivals.take()
  if (leaveArrivals === undefined) throw new AppError('busy', { reason: 'arrivals' }, { retryMs: arrivalsRetryMs })
  try {
    const arrival = await hub.registry.arrive(caller)
    if (arrival === undefined) throw new AppError('unauthorized')
    // The casts hold: the frame's schema names the keys.
    const cursors = new Map(Object.entries(frame.cursors ?? {})) as ReadonlyMap<string, number> as Hello['cursors']
    return new OpenDevice(hub, connection, arrival, { caller, tokenEndsAt: caller.expiresAt, cursors, leaveArrivals })
  } catch (error) {
    leaveArrivals()
    throw error
  }
}

/** The limits in force here, for `ready`. */
export const limitsOf = ({ limits: own }: Pick<Hub, 'limits'>): Record<string, number> => ({
  ...limits,
  ...ratesOf('send', own.sends),
  ...ratesOf('userSend', own.userSends),
  ...ratesOf('connect', own.connects),
  ...ratesOf('change', own.changes),
  ...ratesOf('upload', own.uploads),
  commitsPerDay: own.commits.burst,
  handshakeBytesPerDay: own.handshakeBytes.burst,
  uploadBytesPerDay: own.uploadBytes.burst,
})

const ratesOf = (name: string, { perSecond, burst }: Rate) => ({
  [`${name}sPerSecond`]: Math.max(1, Math.floor(perSecond)),
  [`${name}Burst`]: burst,
})
