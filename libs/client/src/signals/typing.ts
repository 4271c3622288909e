import type { Clock, MonotonicMs } from '@fastchat/clock'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Privacy } from './privacy.ts'
import type { Heard, SignalChannel } from './signal-channel.ts'

type TypingDeps = {
  readonly me: UserId
  readonly channel: Pick<SignalChannel, 'send'>
  readonly privacy: Pick<Privacy, 'allows' | 'mayTell'>
  readonly clock: Clock
  readonly onChange: (conversation: ConversationId) => void
  readonly onError: (error: Error) => void
}

/** The time between two signs while a user types. */
const refreshMs = 3_000
/** Someone whose last sign is this old has stopped. */
const silentMs = 5_000
/** The number of people in all chats that are shown as typing. */
const maxTyping = 256

type Sign = { readonly conversation: ConversationId; readonly user: UserId; readonly until: MonotonicMs }

/** Tells others that this user types, and holds who types. Nothing of it is stored. */
export class Typing {
  readonly #deps: TypingDeps
  /** The time of the last own sign in each conversation where this user types. */
  readonly #own = new Map<ConversationId, MonotonicMs>()
  #signs: readonly Sign[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(deps: TypingDeps) {
    this.#deps = deps
  }

  /** Call it for each key: the user types in this conversation. */
  type(conversation: ConversationId): void {
    const { clock, privacy } = this.#deps
    const at = clock.monotonicMs()
    const last = this.#own.get(conversation)
    if (!privacy.mayTell('typing') || (last !== undefined && at - last < refreshMs)) return
    this.#own.set(conversation, at)
    this.#tell(conversation, true)
  }

  /** Call it when the message is sent or the text is deleted. */
  end(conversation: ConversationId): void {
    const last = this.#own.get(conversation)
    if (!this.#own.delete(conversation) || last === undefined) return
    if (this.#deps.clock.monotonicMs() - last < silentMs) this.#tell(conversation, false)
  }

  /** @internal */
  heard({ conversation, user, content }: Heard): void {
    if (content.kind !== 'typing' || !this.#deps.privacy.allows('typing') || user === this.#deps.me) return
    const others = this.#signs.filter((one) => one.conversation !== conversation || one.user !== user)
    const was = others.length < this.#signs.length
    const until = (this.#deps.clock.monotonicMs() + silentMs) as MonotonicMs
    this.#signs = content.isOn ? [...others, { conversation, user, until }].slice(-maxTyping) : others
    if (was !== content.isOn) this.#deps.onChange(conversation)
    this.#arm()
  }

  /** Notes a message of a user, who has stopped typing it. @internal */
  wrote(conversation: ConversationId, user: UserId): void {
    this.#drop((one) => one.conversation === conversation && one.user === user)
  }

  /** Returns the users who type in a conversation. */
  in(conversation: ConversationId): readonly UserId[] {
    const at = this.#deps.clock.monotonicMs()
    return this.#signs.filter((one) => one.conversation === conversation && one.until > at).map(({ user }) => user)
  }

  /** Forgets who types, and ends. @internal */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#drop(() => true)
    this.#own.clear()
  }

  #drop(isOver: (sign: Sign) => boolean): void {
    const over = this.#signs.filter(isOver)
    this.#signs = this.#signs.filter((one) => !over.includes(one))
    for (const conversation of new Set(over.map((one) => one.conversation))) this.#deps.onChange(conversation)
  }

  /** Drops signs when they end, one timer for all. */
  #arm(): void {
    if (this.#timer !== undefined || this.#signs.length === 0) return
    const at = this.#deps.clock.monotonicMs()
    const next = Math.min(...this.#signs.map(({ until }) => until))
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        const now = this.#deps.clock.monotonicMs()
        this.#drop(({ until }) => until <= now)
        this.#arm()
      },
      Math.max(1, next - at),
    )
  }

  #tell(conversation: ConversationId, isOn: boolean): void {
    this.#deps.channel.send(conversation, { kind: 'typing', isOn }).catch(this.#deps.onError)
  }
}
