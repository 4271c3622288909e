import type { Logger } from '@fastchat/service'
import type { ConversationKey, Delivery } from '../domain/ports.ts'
import type { PushClient, PushResult } from './push-client.ts'
import type { PushSettings } from './push-settings.ts'
import type { GrownConversation, PushStore, PushTo } from './push-store.ts'

/** Conversations that wait for their round. Devices of others are woken by their next message. */
const maxGrown = 5_000
/** Conversations in one query. */
const maxPerQuery = 500
/** Pushes that wait to be sent, and pushes under way. */
const maxQueued = 1_000
const maxUnderWay = 16

type Grown = Map<ConversationKey, GrownConversation>

export type PushRoundsOptions = {
  readonly settings: Pick<PushSettings, 'afterMs' | 'everyMs'>
  readonly store: PushStore
  readonly client: Pick<PushClient, 'send' | 'close'>
  readonly log: Pick<Logger, 'warn'>
}

/**
 * Wakes devices that do not fetch their messages. The pod that has stored a message looks a little
 * later which devices have not acked it. A connection proves less: a laptop may just have closed.
 * A pod that dies before its look wakes nobody; the next message does.
 */
export class PushRounds {
  readonly #options: PushRoundsOptions
  /** Noted since the last round, and in the time before it. */
  #fresh: Grown = new Map()
  #ripe: Grown = new Map()
  readonly #queue: PushTo[] = []
  readonly #underWay = new Set<Promise<void>>()
  readonly #counts = new Map<PushResult | 'dropped', number>()
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: PushRoundsOptions) {
    this.#options = options
  }

  /** Pushes by their result, for the metrics. */
  counts(): Iterable<readonly [string, number]> {
    return this.#counts
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#round ??= this.#look()
        .catch((err: unknown) => this.#options.log.warn({ err }, 'devices not woken; the next messages wake them'))
        .finally(() => {
          this.#round = undefined
        })
    }, this.#options.settings.afterMs)
  }

  /** Notes a message that this pod has stored. */
  note({ key, seq, kind }: Pick<Delivery, 'key' | 'seq' | 'kind'>): void {
    if (kind === 'application') this.#add({ key, first: seq, head: seq })
  }

  /** Ends the rounds, and the pushes under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
    this.#queue.length = 0
    this.#options.client.close()
    await Promise.all(this.#underWay)
  }

  #add({ key, first, head }: GrownConversation): void {
    const known = this.#fresh.get(key)
    if (known) this.#fresh.set(key, { key, first: Math.min(known.first, first), head: Math.max(known.head, head) })
    else if (this.#fresh.size < maxGrown) this.#fresh.set(key, { key, first, head })
    else this.#count('dropped')
  }

  /** Looks at what was noted before the last round, so a device has had the time to fetch it. */
  async #look(): Promise<void> {
    const grown = [...this.#ripe.values()]
    this.#ripe = this.#fresh
    this.#fresh = new Map()
    const { store, settings } = this.#options
    for (let at = 0; at < grown.length; at += maxPerQuery) {
      const part = grown.slice(at, at + maxPerQuery)
      const { due, later } = await store.claim(part, settings.everyMs)
      for (const push of due) this.#enqueue(push)
      for (const one of part) if (later.has(one.key)) this.#add(one)
    }
  }

  #enqueue(push: PushTo): void {
    if (this.#queue.length >= maxQueued) {
      this.#count('dropped')
      return
    }
    this.#queue.push(push)
    this.#sendNext()
  }

  #sendNext(): void {
    while (this.#underWay.size < maxUnderWay) {
      const push = this.#queue.shift()
      if (!push) return
      const sent = this.#send(push).finally(() => {
        this.#underWay.delete(sent)
        this.#sendNext()
      })
      this.#underWay.add(sent)
    }
  }

  async #send(push: PushTo): Promise<void> {
    const { client, store, log } = this.#options
    const result = await client.send(push.endpoint)
    this.#count(result)
    await store.settle(push, result).catch((err: unknown) => log.warn({ err }, 'result of a push not stored'))
  }

  #count(result: PushResult | 'dropped'): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1)
  }
}
