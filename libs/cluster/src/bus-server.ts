import type { Clock, MonotonicMs } from '@fastchat/clock'
import { openServerPublisher, openSubscriber, type ServerOptions } from './connections.ts'
import { createFastPublisher, type FastPublisher } from './fast-publisher.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'

export type BusServerOptions = Required<Pick<ServerOptions, 'redisUrl' | 'log' | 'socketTimeoutMs'>> &
  Pick<ServerOptions, 'address' | 'redisCa' | 'random'> & {
    readonly clock: Clock
    readonly pingEveryMs: number
    readonly isSharded: boolean
    /** Called with the name of the channel and the packet that was published there. */
    readonly onMessage: (name: Buffer, packet: Buffer) => void
    readonly onSuspect: (reason: string) => void
  }

/**
 * The two connections of the bus to one server. Publishing has a connection to itself, so that it
 * does not wait behind delivered packets.
 */
export type BusServer = {
  readonly publisher: FastPublisher
  readonly subscriptions: Subscriptions
  /** Resolves once the server has accepted the beat. */
  beat(channel: string, beat: string): Promise<unknown>
  /** Returns the answer to CLUSTER NODES. Rejects if the server is down or not in a cluster. */
  readNodes(): Promise<string>
  isReady(): boolean
  /** The same as `Bus.lagMs`, for this server. */
  lagMs(): number
  /** Publishes what is waiting, then closes both connections. */
  close(): Promise<void>
}

export function openBusServer(options: BusServerOptions): BusServer {
  const { isSharded, pingEveryMs, log, clock, onMessage, onSuspect } = options
  // Without a cluster this sends one command per turn of the event loop; pipelining gains nothing.
  const commands = openServerPublisher({ ...options, name: 'bus-publisher' }, isSharded)
  const subscriber = openSubscriber({ ...options, name: 'bus-subscriber' })
  const publisher = createFastPublisher(commands, { isSharded })
  const subscriptions = createSubscriptions(subscriber, { log, onSuspect, isSharded })
  subscriber.on(isSharded ? 'smessageBuffer' : 'messageBuffer', onMessage)
  let lagMs = 0
  let unansweredSince: MonotonicMs | undefined
  // The answers also reset the socket timeout.
  const ping = setInterval(() => {
    const askedAt = clock.monotonicMs()
    unansweredSince ??= askedAt
    subscriber.ping().then(
      () => {
        lagMs = clock.monotonicMs() - askedAt
        unansweredSince = undefined
      },
      () => undefined,
    )
  }, pingEveryMs)

  return {
    publisher,
    subscriptions,
    beat: (channel, beat) => (isSharded ? commands.spublish(channel, beat) : commands.publish(channel, beat)),
    readNodes: async () => String(await commands.cluster('NODES')),
    isReady: () => publisher.isReady() && subscriptions.isComplete(),
    lagMs: () => (unansweredSince === undefined ? lagMs : Math.max(lagMs, clock.monotonicMs() - unansweredSince)),
    async close() {
      clearInterval(ping)
      subscriber.disconnect()
      publisher.flush()
      await commands.quit().catch(() => commands.disconnect())
    },
  }
}
