import { openServerPublisher, openSubscriber, type ServerOptions } from './connections.ts'
import { createFastPublisher, type FastPublisher } from './fast-publisher.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'

export type BusServerOptions = Required<Pick<ServerOptions, 'redisUrl' | 'log' | 'socketTimeoutMs'>> &
  Pick<ServerOptions, 'address' | 'redisCa'> & {
    readonly pingEveryMs: number
    readonly isSharded: boolean
    /** The channel's name and what was published there. */
    readonly onMessage: (name: Buffer, packet: Buffer) => void
    readonly onSuspect: (reason: string) => void
  }

/** The two connections that the bus has to one server: what publishes must not wait behind what is delivered. */
export type BusServer = {
  readonly publisher: FastPublisher
  readonly subscriptions: Subscriptions
  /** Resolves once the server has accepted it. */
  beat(channel: string, beat: string): Promise<unknown>
  /** What CLUSTER NODES says there. Rejects if the server is away, or no part of a cluster. */
  readNodes(): Promise<string>
  isReady(): boolean
  /** See `Bus`. */
  lagMs(): number
  /** What was published still goes out. */
  close(): Promise<void>
}

export function openBusServer(options: BusServerOptions): BusServer {
  const { isSharded, pingEveryMs, log, onMessage, onSuspect } = options
  // Alone, a server gets one command a turn from us anyway; pipelining would only add to it.
  const commands = openServerPublisher({ ...options, name: 'bus-publisher' }, isSharded)
  const subscriber = openSubscriber({ ...options, name: 'bus-subscriber' })
  const publisher = createFastPublisher(commands, { isSharded })
  const subscriptions = createSubscriptions(subscriber, { log, onSuspect, isSharded })
  subscriber.on(isSharded ? 'smessageBuffer' : 'messageBuffer', onMessage)
  let lagMs = 0
  let unansweredSinceMs: number | undefined
  // The answers also feed the socket timeout.
  const ping = setInterval(() => {
    const askedAtMs = performance.now()
    unansweredSinceMs ??= askedAtMs
    subscriber.ping().then(
      () => {
        lagMs = performance.now() - askedAtMs
        unansweredSinceMs = undefined
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
    lagMs: () => (unansweredSinceMs === undefined ? lagMs : Math.max(lagMs, performance.now() - unansweredSinceMs)),
    async close() {
      clearInterval(ping)
      subscriber.disconnect()
      publisher.flush()
      await commands.quit().catch(() => commands.disconnect())
    },
  }
}
