import type { ConversationId, ServerFrame, UserId } from '@fastchat/schema'
import type { ReleaseSlot } from '@fastchat/service'
import { fullBucket, type Rate, type TokenBucket } from '@fastchat/service/token-bucket'
import { DeviceFeed, type DeviceFeedDeps } from '../delivery/device-feed.ts'
import type { ConnectedDevice, Devices } from '../delivery/devices.ts'
import type { FanOut } from '../delivery/fan-out.ts'
import type { EntryLog, Session } from '../domain/ports.ts'
import type { Arrival, Caller, Registry } from '../domain/registry.ts'
import { SendOrderGate } from '../domain/send-order-gate.ts'
import type { Connection } from './connection.ts'

/**
 * The rate of frames that cost a signature check or reads of the log. A device needs one now and
 * then.
 */
export const costlyRate: Rate = { perSecond: 2, burst: 20 }

/** The pause before the database is asked again whether the session of a socket has ended. */
const lookAgainMs = 1_000

/** The parts of the pod that tell devices, users and other pods of each other. */
export type PresenceDeps = {
  readonly devices: Pick<Devices, 'enter' | 'leave'>
  readonly bus: {
    subscribeUsers(users: Iterable<UserId>): Promise<void>
    unsubscribeUsers(users: Iterable<UserId>): void
  }
  readonly fanOut: Pick<FanOut, 'tellConnected'>
  readonly registry: Pick<Registry, 'arrive'>
}

export type OpenDeviceDeps = {
  readonly presence: PresenceDeps
  readonly feed: DeviceFeedDeps
  readonly log: Pick<EntryLog, 'memberships'>
}

/** The verified claims of a `hello`. */
export type Hello = {
  readonly caller: Caller
  /** The end of the token in milliseconds since 1970. */
  readonly tokenEndsAt: number
  readonly cursors: ReadonlyMap<ConversationId, number>
  /** Releases the slot of an arriving device. */
  readonly release: ReleaseSlot
}

/** A connection whose device is known. */
export class OpenDevice implements ConnectedDevice {
  readonly connection: Connection
  readonly session: Session
  readonly order: number
  readonly feed: DeviceFeed
  readonly sendOrder = new SendOrderGate()
  readonly costly: TokenBucket
  unackedSends = 0
  /** The end of the token in milliseconds since 1970. */
  tokenEndsAt: number
  readonly #presence: PresenceDeps
  readonly #release: ReleaseSlot
  readonly #caller: Caller
  #isListening = false
  #again: NodeJS.Timeout | undefined

  constructor(deps: OpenDeviceDeps, connection: Connection, { session, order }: Arrival, hello: Hello) {
    const { caller, tokenEndsAt, cursors, release } = hello
    this.connection = connection
    this.session = session
    this.order = order
    this.tokenEndsAt = tokenEndsAt
    this.#presence = deps.presence
    this.#release = release
    this.#caller = caller
    this.costly = fullBucket(costlyRate, deps.feed.monotonicMs())
    this.feed = new DeviceFeed(deps.feed, {
      session,
      connection,
      // The device has arrived once its memberships are read.
      log: { memberships: (who) => deps.log.memberships(who).finally(release) },
      helloCursors: cursors,
    })
  }

  /** Replaces the device's older connection here, listens for events of its user, then delivers. */
  start(): void {
    const { devices, bus, fanOut } = this.#presence
    devices.enter(this)
    this.#isListening = true
    void bus.subscribeUsers([this.session.userId]).then(() => {
      if (!this.#isListening) return
      fanOut.tellConnected(this)
      this.feed.refresh()
    })
  }

  /** Reads the memberships again, and closes the connection if the login session was ended. */
  refresh(): void {
    this.feed.refresh()
    this.#presence.registry.arrive(this.#caller).then(
      (arrival) => {
        // The client then asks for a fresh token, and learns from auth why there is none.
        if (arrival === undefined) this.connection.close('token_expired')
      },
      () => this.#lookAgain(), // the database was away: the session may be over
    )
  }

  #lookAgain(): void {
    clearTimeout(this.#again)
    if (this.#isListening) this.#again = setTimeout(() => this.refresh(), lookAgainMs).unref()
  }

  tell(frame: ServerFrame): void {
    this.connection.send(frame)
  }

  replaced(): void {
    this.connection.close('replaced')
  }

  close(): void {
    clearTimeout(this.#again)
    this.#release()
    this.feed.close()
    this.#presence.devices.leave(this)
    if (this.#isListening) this.#presence.bus.unsubscribeUsers([this.session.userId])
    this.#isListening = false
  }
}
