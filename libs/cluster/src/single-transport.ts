import { openBusServer } from './bus-server.ts'
import type { BusTransport, BusTransportOptions } from './bus-transport.ts'
import { startCanary } from './canary.ts'

/** Opens the transport over one Redis. Its channels share a connection, so one canary is enough. */
export function openSingleTransport(options: BusTransportOptions): BusTransport {
  const { log, keys, origin, silentAfterMs } = options
  const { publisher, subscriptions, beat, isReady, lagMs, close } = openBusServer({ ...options, isSharded: false })
  const canaryChannel = keys.canary(0)
  void subscriptions.add([canaryChannel])
  const canary = startCanary({
    ...options,
    channels: () => [canaryChannel],
    beat: (channel) => beat(channel, origin),
    isListening: subscriptions.isComplete,
    onSilent: () => {
      log.warn({ silentAfterMs }, 'subscription silent')
      subscriptions.restart('silent')
    },
  })
  return {
    send: publisher.send,
    add: subscriptions.add,
    remove: subscriptions.remove,
    heardBeat: canary.heard,
    isHealthy: () => isReady() && canary.isAlive(),
    lagMs,
    counts: publisher.counts,
    async close() {
      canary.close()
      await close()
    },
  }
}
