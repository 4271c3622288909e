export type Canary = {
  /** A beat came in on the channel, of whichever pod. */
  heard(channel: string): void
  isAlive(): boolean
  close(): void
}

export type CanaryOptions = {
  /** One for each way along which subscriptions can fall silent by themselves. */
  readonly channels: () => Iterable<string>
  /** Resolves when Redis has accepted the beat. */
  readonly beat: (channel: string) => Promise<unknown>
  /** False while the subscription is known to be away: then there is nothing to judge. */
  readonly isListening: (channel: string) => boolean
  readonly onSilent: (channel: string) => void
  readonly beatEveryMs: number
  readonly silentAfterMs: number
}

/**
 * Finds subscriptions that have gone silent without any event, which Redis clients have done in several ways: when Redis
 * still accepts beats `silentAfterMs` after the last one came in, `onSilent` is called. Beats that Redis does not accept
 * prove nothing about the subscription.
 *
 * A pod that has just heard another one's beat spares its own, so that many pods beat hardly more often than one.
 */
export function startCanary(options: CanaryOptions): Canary {
  const { channels, beat, isListening, onSilent, beatEveryMs, silentAfterMs } = options
  let heardAt = new Map<string, number>()
  const timer = setInterval(tick, beatEveryMs)

  function tick(): void {
    const now = performance.now()
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
    if (last === undefined || !isListening(channel) || performance.now() - last < silentAfterMs) return
    heardAt.set(channel, performance.now())
    onSilent(channel)
  }

  return {
    heard: (channel) => {
      if (heardAt.has(channel)) heardAt.set(channel, performance.now())
    },
    isAlive: () => {
      const oldest = performance.now() - silentAfterMs
      for (const last of heardAt.values()) if (last < oldest) return false
      return true
    },
    close: () => clearInterval(timer),
  }
}
