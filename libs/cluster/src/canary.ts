import type { Clock, MonotonicMs } from '@fastchat/clock'

export type Canary = {
  /** Tells the canary that a beat of any pod came in on the channel. */
  heard(channel: string): void
  isAlive(): boolean
  close(): void
}

export type CanaryOptions = {
  /** Returns a channel for each path that can fall silent without the others. */
  readonly channels: () => Iterable<string>
  /** Resolves once Redis has accepted the beat. */
  readonly beat: (channel: string) => Promise<unknown>
  /** Returns false while the subscription is known to be down: then silence proves nothing. */
  readonly isListening: (channel: string) => boolean
  readonly onSilent: (channel: string) => void
  readonly beatEveryMs: number
  readonly silentAfterMs: number
  readonly clock: Clock
}

/**
 * Finds subscriptions that have fallen silent without an event. Redis clients have done so in
 * several ways. It calls `onSilent` when Redis accepts a beat and none has come in for
 * `silentAfterMs`. A beat that Redis does not accept proves nothing about the subscription.
 *
 * A pod that has just heard the beat of another pod skips its next one. So many pods send hardly
 * more beats than one.
 */
export function startCanary(options: CanaryOptions): Canary {
  const { channels, beat, isListening, onSilent, beatEveryMs, silentAfterMs, clock } = options
  let heardAt = new Map<string, MonotonicMs>()
  const timer = setInterval(tick, beatEveryMs)

  function tick(): void {
    const now = clock.monotonicMs()
    const before = heardAt
    heardAt = new Map()
    for (const channel of channels()) heardAt.set(channel, isListening(channel) ? (before.get(channel) ?? now) : now)
    for (const channel of [...heardAt.keys()]) {
      const last = before.get(channel)
      if (last !== undefined && isListening(channel) && now - last < beatEveryMs / 2) continue
      beat(channel).then(
        () => judge(channel),
        () => undefined,
      )
    }
  }

  function judge(channel: string): void {
    const last = heardAt.get(channel)
    if (last === undefined || !isListening(channel) || clock.monotonicMs() - last < silentAfterMs) return
    heardAt.set(channel, clock.monotonicMs())
    onSilent(channel)
  }

  return {
    heard: (channel) => {
      if (heardAt.has(channel)) heardAt.set(channel, clock.monotonicMs())
    },
    isAlive: () => {
      const oldest = clock.monotonicMs() - silentAfterMs
      for (const last of heardAt.values()) if (last < oldest) return false
      return true
    },
    close: () => clearInterval(timer),
  }
}
