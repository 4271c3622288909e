import type { Clock } from '@fastchat/clock'
import {
  type AccountStateContents,
  authOperations,
  type BackupHead,
  type ConversationId,
  fromBase64Url,
  type Head,
  type SharedProfile,
} from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { ClientError, ServerError } from '../errors.ts'
import { compareGroupEpochs, type GroupEpoch } from '../group-epoch.ts'
import type { Api } from '../net/api.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../trouble.ts'
import { emptyContents, mergeContents, sameContents } from './contents.ts'
import type { KnownState } from './fetch-state.ts'
import { openContents, type Sealer, sealContents } from './sealed.ts'

/** The group that this device is in, in one conversation. Its hash is computed only on demand. */
export type PresentHead = Omit<Head, 'contextHash'> & { readonly contextHash: () => string }

export type SharedStatePort = {
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly pins: Pick<Pins, 'shared' | 'share'>
  heads(): ReadonlyMap<ConversationId, PresentHead>
  isOnline(): boolean
  tell(trouble: Trouble): void
  /**
   * Called when another device of this account is in another group than this one, at the same
   * epoch.
   */
  split(conversation: ConversationId): void
  /** Called when another device of this account has read the name of a group. */
  named(conversation: ConversationId, profile: SharedProfile): Promise<void>
  /** Returns the newest backup that this device knows. */
  backup?(): BackupHead | undefined
  readonly clock: Pick<Clock, 'wallMs'>
  random(): number
}

/**
 * The last account state that this device saw, the time of its last request, and the server
 * database of that request.
 */
export type KeptState = KnownState & { readonly askedAt: number; readonly dbEpoch?: string }

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
/** Attempts to upload when other devices of the account keep uploading first. */
const maxTries = 8
/** The number of these troubles that one process reports. */
const maxTold = 1_000
const metaKey = 'accountState'

/**
 * Synchronises the account state: pins, and the last lawful state of each group. The server stores
 * it sealed. Devices merge it and never remove anything, so a new device starts from the knowledge
 * of the others.
 */
export class SharedState {
  readonly #port: SharedStatePort
  readonly #sealer: Sealer | undefined
  readonly #serial = new Serial()
  readonly #told = new Set<string>()
  #kept: KeptState
  #dbEpoch: string | undefined
  readonly #waiting = new Map<'soon' | 'later', Promise<void>>()
  readonly #hurry = new AbortController()

  constructor({ userId, stateKey }: Pick<Identity, 'userId' | 'stateKey'>, kept: KeptState, port: SharedStatePort) {
    this.#port = port
    // A device that logged in before accounts had a state key takes part after its next login.
    this.#sealer = stateKey === undefined ? undefined : { stateKey: fromBase64Url(stateKey), userId }
    this.#kept = kept
  }

  static async read(store: Store): Promise<KeptState> {
    return (await getRecord<KeptState>(store, 'meta', metaKey)) ?? { version: 0, contents: emptyContents, askedAt: 0 }
  }

  /** The key of the row of `meta` that holds the state. */
  static readonly key = metaKey

  /**
   * Puts the state that a new device starts from, and its pins, into the batch that stores the
   * session.
   */
  static begin(batch: Batch, known: KnownState): void {
    const kept: KeptState = { ...known, askedAt: 0 }
    batch.put('meta', metaKey, kept)
    for (const [userId, pin] of Object.entries(known.contents.pins)) batch.put('pins', userId, pin)
  }

  /**
   * Returns the last lawful state of a conversation's group that any device of the account has
   * stored.
   */
  head(conversation: ConversationId): Head | undefined {
    return this.#kept.contents.heads[conversation]
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
    this.#dbEpoch = dbEpoch
    if (this.#isRestored || this.#hasNews() || this.#port.clock.wallMs() - this.#kept.askedAt >= askAgainMs)
      await this.sync()
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
    return this.#kept.contents.backup
  }

  /** Schedules an upload of a newer backup head. */
  backedUp(): void {
    if ((this.#port.backup?.()?.n ?? 0) > (this.backup?.n ?? 0)) this.#share('later')
  }

  /** Schedules an upload of new pins. */
  changed(): void {
    this.#share('soon')
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
    const sealer = this.#sealer
    if (!sealer) return
    await this.#serial.run(async () => {
      for (let tries = 0; tries < maxTries; tries++) {
        const { version, isGood } = await this.#fetch(sealer)
        const contents = this.#own()
        if (isGood && sameContents(contents, this.#kept.contents)) return
        if (await this.#put(sealer, version + 1, contents)) return
      }
    })
  }

  /** Schedules one synchronisation. The next connection retries a failed one. */
  #share(when: 'soon' | 'later'): void {
    const { signal } = this.#hurry
    if (this.#waiting.has(when) || signal.aborted || !this.#sealer) return
    const waitMs = when === 'soon' ? soonMs : laterMs * (1 + this.#port.random())
    const shared = pause(waitMs, signal).then(async () => {
      this.#waiting.delete(when)
      if (this.#port.isOnline() && this.#hasNews()) await this.sync().catch(() => {})
    })
    this.#waiting.set(when, shared)
  }

  /**
   * Returns whether the server's database is another one than before. Its versions then continue
   * those of an older copy, so they can't be compared.
   */
  get #isRestored(): boolean {
    return this.#dbEpoch !== undefined && this.#kept.dbEpoch !== undefined && this.#dbEpoch !== this.#kept.dbEpoch
  }

  #hasNews(): boolean {
    return this.#sealer !== undefined && !sameContents(this.#own(), this.#kept.contents)
  }

  /** The kept state merged with the pins and heads that this device has now. */
  #own(): AccountStateContents {
    const heads: Record<string, Head> = {}
    for (const [conversation, { contextHash, profile, ...present }] of this.#port.heads()) {
      const known = this.#kept.contents.heads[conversation]
      const isLater = !known || compareGroupEpochs(present, known) > 0
      const head = isLater ? { ...present, contextHash: contextHash() } : known
      if (isLater || profile) heads[conversation] = profile ? { ...head, profile } : head
    }
    const backup = this.#port.backup?.()
    const own = { v: 1, pins: this.#port.pins.shared(), heads, ...(backup && { backup }) } as const
    return mergeContents(this.#kept.contents, own).state
  }

  /**
   * Merges the server's state into the kept one. `isGood` is true when the server still has
   * everything that this device has kept.
   */
  async #fetch(sealer: Sealer): Promise<{ readonly version: number; readonly isGood: boolean }> {
    const kept = this.#isRestored ? { ...this.#kept, version: 0 } : this.#kept
    const { version, body } = await this.#port.api.call(authOperations.getAccountState, {
      query: { after: kept.version },
    })
    const askedAt = this.#port.clock.wallMs()
    if (version <= kept.version || body === undefined) {
      if (version < kept.version) this.#tellOnce('account_state_old', `${version}`)
      await this.#keep({ ...kept, askedAt })
      return { version, isGood: version === kept.version }
    }
    const theirs = await this.#open(sealer, version, body)
    if (!theirs) return { version, isGood: false }
    // The stored state wins a conflict. Otherwise two devices that disagree would overwrite each
    // other at every connection.
    const { state, conflicts } = mergeContents(theirs, kept.contents)
    await this.#port.pins.share(theirs.pins)
    for (const conversation of new Set([...conflicts, ...this.#apart(theirs)])) this.#tellSplit(conversation)
    await this.#keep({ version, contents: state, askedAt })
    for (const { id, profile } of named(theirs)) await this.#port.named(id, profile)
    return { version, isGood: sameContents(state, theirs) }
  }

  /** Nothing is taken from a state that does not open. The next version replaces it. */
  async #open(sealer: Sealer, version: number, body: string): Promise<AccountStateContents | undefined> {
    try {
      return await openContents(sealer, version, body)
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'wrong_state')) throw error
      this.#tellOnce('account_state_wrong', `${version}`)
      return undefined
    }
  }

  /**
   * Returns the conversations in which another device is in another group than this one, at the
   * same epoch.
   */
  #apart({ heads }: AccountStateContents): ConversationId[] {
    return [...this.#port.heads()].flatMap(([conversation, present]) => {
      const theirs = heads[conversation]
      const isSameEpoch = theirs !== undefined && compareGroupEpochs(theirs, present) === 0
      return isSameEpoch && theirs.contextHash !== present.contextHash() ? [conversation] : []
    })
  }

  /**
   * Uploads a version.
   *
   * @returns false when another device was faster
   */
  async #put(sealer: Sealer, version: number, contents: AccountStateContents): Promise<boolean> {
    const body = await sealContents(sealer, version, contents)
    if (body === undefined) {
      this.#tellOnce('account_state_full', '')
      return true
    }
    try {
      await this.#port.api.call(authOperations.putAccountState, { body: { version, body } })
    } catch (error) {
      if (error instanceof ServerError && error.code === 'stale_version') return false
      throw error
    }
    await this.#keep({ version, contents, askedAt: this.#port.clock.wallMs() })
    return true
  }

  async #keep(state: KeptState): Promise<void> {
    const dbEpoch = this.#dbEpoch ?? this.#kept.dbEpoch
    const kept: KeptState = { ...state, ...(dbEpoch !== undefined && { dbEpoch }) }
    await this.#port.store.write(new Batch().put('meta', metaKey, kept).writes)
    this.#kept = kept
  }

  #tellSplit(conversation: ConversationId): void {
    if (!this.#isNew(`split ${conversation}`)) return
    this.#port.split(conversation)
  }

  #tellOnce(code: 'account_state_old' | 'account_state_wrong' | 'account_state_full', what: string): void {
    if (this.#isNew(`${code} ${what}`)) this.#port.tell(new Trouble({ code }, {}))
  }

  #isNew(what: string): boolean {
    if (this.#told.has(what) || this.#told.size >= maxTold) return false
    this.#told.add(what)
    return true
  }
}

/** Returns the groups that have a name in these contents. */
function named({ heads }: AccountStateContents): { readonly id: ConversationId; readonly profile: SharedProfile }[] {
  // The cast holds because the form has checked the keys.
  return Object.entries(heads).flatMap(([id, { profile }]) => (profile ? [{ id: id as ConversationId, profile }] : []))
}
