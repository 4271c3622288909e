import { type BackupHead, type ConversationId, fromBase64Url, type Head } from '@fastchat/schema'
import { compareGroupEpochs, type GroupEpoch } from '../group-epoch.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import { type Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { emptyContents } from './contents.ts'
import type { KnownState } from './fetch-state.ts'
import { type KeptState, StateExchange, type StateExchangePort, stateKey } from './state-exchange.ts'

export type SharedStatePort = StateExchangePort & {
  isOnline(): boolean
  random(): number
}

/**
 * The delay before new pins are uploaded. Pins that arrive during the delay are uploaded with them.
 */
const soonMs = 500
/**
 * Least delay before new heads are uploaded. The delay is random, up to twice this, because all
 * devices of an account see the same commits.
 */
const laterMs = 30_000
/** Interval between requests of a device that has nothing to upload. */
const askAgainMs = 10 * 60_000
/**
 * Synchronises the account state: pins, and the last lawful state of each group. The server stores
 * it sealed. Devices merge it and never remove anything, so a new device starts from the knowledge
 * of the others.
 */
export class SharedState {
  readonly #port: SharedStatePort
  readonly #exchange: StateExchange | undefined
  readonly #kept: KeptState
  readonly #serial = new Serial()
  readonly #waiting = new Map<'soon' | 'later' | 'pushed', Promise<void>>()
  #hurry = new AbortController()

  constructor(
    { userId, stateKey: key }: Pick<Identity, 'userId' | 'stateKey'>,
    kept: KeptState,
    port: SharedStatePort,
  ) {
    this.#port = port
    // A device that logged in before accounts had a state key takes part after its next login.
    if (key !== undefined) this.#exchange = new StateExchange({ stateKey: fromBase64Url(key), userId }, kept, port)
    this.#kept = kept
  }

  static async read(store: Store): Promise<KeptState> {
    return (await getRecord<KeptState>(store, 'meta', stateKey)) ?? { version: 0, contents: emptyContents, askedAt: 0 }
  }

  /** The key of the row of `meta` that holds the state. */
  static readonly key = stateKey

  /**
   * Puts the state that a new device starts from, and its pins, into the batch that stores the
   * session.
   */
  static begin(batch: Batch, known: KnownState): void {
    const kept: KeptState = { ...known, askedAt: 0 }
    batch.put('meta', stateKey, kept)
    for (const [userId, pin] of Object.entries(known.contents.pins)) batch.put('pins', userId, pin)
  }

  /**
   * Returns the last lawful state of a conversation's group that any device of the account has
   * stored.
   */
  head(conversation: ConversationId): Head | undefined {
    return (this.#exchange?.kept ?? this.#kept).contents.heads[conversation]
  }

  /** Returns whether a request or a write is under way. */
  get isBusy(): boolean {
    return !this.#serial.isIdle
  }

  /**
   * Synchronises after a connection, if this device has something to upload, the server was
   * restored, or the last request is `askAgainMs` old.
   */
  async connected(dbEpoch: string): Promise<void> {
    const exchange = this.#exchange
    if (!exchange) return
    // A device may be stopped and started again.
    if (this.#hurry.signal.aborted) this.#hurry = new AbortController()
    exchange.connectedTo(dbEpoch)
    const isDue = this.#port.clock.wallMs() - exchange.kept.askedAt >= askAgainMs
    if (exchange.isRestored || exchange.hasNews() || isDue) await this.sync()
  }

  /**
   * Schedules an upload when a group has moved on, or its name was announced at the position
   * `namedAt`.
   */
  moved(conversation: ConversationId, at: GroupEpoch, namedAt: number): void {
    const known = this.head(conversation)
    const isNamed = namedAt > (known?.profile?.seq ?? 0)
    if (!known || isNamed || compareGroupEpochs(at, known) > 0) this.#share('later')
  }

  /** The newest backup that any device of the account has told of. */
  get backup(): BackupHead | undefined {
    return (this.#exchange?.kept ?? this.#kept).contents.backup
  }

  /** Schedules an upload of a newer backup head. */
  backedUp(): void {
    if ((this.#port.backup?.()?.n ?? 0) > (this.backup?.n ?? 0)) this.#share('later')
  }

  /** Schedules a download, because another device of the account has stored something. */
  pushed(): void {
    this.#share('pushed')
  }

  /** Schedules an upload of new pins. */
  changed(): void {
    this.#share('soon')
  }

  /** Goes on after `stop`. */
  start(): void {
    if (this.#hurry.signal.aborted) this.#hurry = new AbortController()
  }

  /**
   * Uploads pending changes if the server can be reached. Resolves when this object no longer uses
   * the store.
   */
  async stop(): Promise<void> {
    this.#hurry.abort()
    await Promise.all(this.#waiting.values())
    await this.#serial.idle()
  }

  /**
   * Downloads, merges and uploads the account state.
   *
   * @throws the error of the request when the server does not answer
   */
  async sync(): Promise<void> {
    const exchange = this.#exchange
    if (exchange) await this.#serial.run(() => exchange.run())
  }

  /** Schedules one synchronisation. The next connection retries a failed one. */
  #share(when: 'soon' | 'later' | 'pushed'): void {
    const { signal } = this.#hurry
    if (this.#waiting.has(when) || signal.aborted || !this.#exchange) return
    const waitMs = when === 'later' ? laterMs * (1 + this.#port.random()) : soonMs
    const shared = pause(waitMs, signal).then(async () => {
      this.#waiting.delete(when)
      const isDue = when === 'pushed' || this.#exchange?.hasNews()
      if (this.#port.isOnline() && isDue) await this.sync().catch(() => {})
    })
    this.#waiting.set(when, shared)
  }
}
