import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Privacy } from './privacy.ts'
import type { Heard, SignalChannel } from './signal-channel.ts'

type PresenceDeps = {
  readonly me: UserId
  readonly channel: Pick<SignalChannel, 'send'>
  readonly privacy: Pick<Privacy, 'allows' | 'mayTell'>
  readonly clock: Clock
  readonly random: () => number
  /** Returns whether a chat may know that this device is here. */
  readonly mayTell: (conversation: ConversationId) => boolean
  readonly onChange: (user: UserId) => void
  readonly onError: (error: Error) => void
}

/** A user whose last signal is older than this counts as away. */
const hereMs = 90_000
/** A device answers within this time, so that not all answers come at once. */
const answerWithinMs = 500
/** A device asks in a chat, and answers there, at most once in this time. */
const pauseMs = 5_000
/** The number of people whose last sign is remembered. */
const maxPeople = 1_024
/** The number of chats where a device that ends says so. */
const maxFarewells = 8

/** A user's presence, as this device knows it. `lastSeenAt` is the user's clock (ms since 1970). */
export type Presence = { readonly isHere: boolean; readonly lastSeenAt: number }
type Answer = { readonly timer: ReturnType<typeof setTimeout>; readonly done: Promise<void> }
type Sign = Presence & { readonly until: MonotonicMs }

/**
 * Asks for presence, and answers. Presence is sent only on request, so an idle device costs
 * nothing. It is never stored.
 */
export class PresenceSigns {
  readonly #deps: PresenceDeps
  readonly #signs = new Map<UserId, Sign>()
  readonly #askedAt = new Map<ConversationId, MonotonicMs>()
  readonly #answeredAt = new Map<ConversationId, MonotonicMs>()
  readonly #answers = new Set<Answer>()

  constructor(deps: PresenceDeps) {
    this.#deps = deps
  }

  /** Asks the devices of a conversation whether they are here. Answers come as changes. */
  async ask(conversation: ConversationId): Promise<void> {
    const { privacy, channel, mayTell } = this.#deps
    if (!privacy.mayTell('presence') || !mayTell(conversation) || !this.#isDue(this.#askedAt, conversation)) return
    const sent = await channel.send(conversation, { kind: 'who' })
    if (sent === undefined) this.#askedAt.delete(conversation)
  }

  /** @internal */
  heard({ conversation, user, content }: Heard): void {
    const { me, privacy, clock, onChange } = this.#deps
    if (!privacy.allows('presence') || user === me) return
    if (content.kind === 'who' && privacy.mayTell('presence')) this.#answer(conversation)
    if (content.kind !== 'presence' && content.kind !== 'who') return
    const isHere = content.kind === 'who' || content.isHere
    const lastSeenAt = Math.min(content.n, clock.wallMs())
    this.#signs.delete(user)
    this.#signs.set(user, { isHere, lastSeenAt, until: later(clock.monotonicMs(), hereMs) })
    const [oldest] = this.#signs.keys()
    if (this.#signs.size > maxPeople && oldest !== undefined) this.#signs.delete(oldest)
    onChange(user)
  }

  /** Returns the presence of a user. Undefined when no signal came since this device was opened. */
  of(user: UserId): Presence | undefined {
    const sign = this.#signs.get(user)
    return sign && { isHere: sign.isHere && sign.until > this.#deps.clock.monotonicMs(), lastSeenAt: sign.lastSeenAt }
  }

  /** Returns all users of whom a sign came since this device was opened. */
  known(): readonly (readonly [UserId, Presence])[] {
    return [...this.#signs.keys()].flatMap((user) => {
      const known = this.of(user)
      return known ? [[user, known] as const] : []
    })
  }

  /** Resolves when the answers so far are sent. */
  async answered(): Promise<void> {
    while (this.#answers.size > 0) await Promise.all([...this.#answers].map(({ done }) => done))
  }

  /** Forgets what others have told. */
  forget(): void {
    const users = [...this.#signs.keys()]
    this.#signs.clear()
    for (const user of users) this.#deps.onChange(user)
  }

  /** Says in the chats where this device has lately told that it is here that it ends. @internal */
  async stop(): Promise<void> {
    for (const { timer } of this.#answers) clearTimeout(timer)
    this.#answers.clear()
    if (!this.#deps.privacy.mayTell('presence')) return
    const told = new Map([...this.#askedAt, ...this.#answeredAt])
    const at = this.#deps.clock.monotonicMs()
    const recent = [...told].filter(([, since]) => at - since < hereMs).slice(-maxFarewells)
    for (const [conversation] of recent.filter(([id]) => this.#deps.mayTell(id)))
      await this.#deps.channel.send(conversation, { kind: 'presence', isHere: false })
  }

  #answer(conversation: ConversationId): void {
    const { channel, random, mayTell, onError } = this.#deps
    if (!mayTell(conversation) || !this.#isDue(this.#answeredAt, conversation)) return
    const { promise: done, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      channel
        .send(conversation, { kind: 'presence', isHere: true })
        .catch(onError)
        .finally(() => {
          this.#answers.delete(answer)
          resolve()
        })
    }, random() * answerWithinMs)
    const answer: Answer = { timer, done }
    this.#answers.add(answer)
  }

  /** Notes the time, unless the last one was just before. */
  #isDue(times: Map<ConversationId, MonotonicMs>, conversation: ConversationId): boolean {
    const at = this.#deps.clock.monotonicMs()
    const last = times.get(conversation)
    if (last !== undefined && at - last < pauseMs) return false
    times.delete(conversation)
    times.set(conversation, at)
    return true
  }
}
