import type { Clock } from '@fastchat/clock'
import {
  type AccountStateContents,
  authOperations,
  type BackupHead,
  type ConversationId,
  type Head,
  type SharedProfile,
} from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { ClientError, ServerError } from '../errors.ts'
import { compareGroupEpochs } from '../group-epoch.ts'
import type { Api } from '../net/api.ts'
import { type Decisions, mergeDecisions } from '../people/decisions.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../trouble.ts'
import { mergeContents, sameContents, withAcceptedKeys } from './contents.ts'
import type { KnownState } from './fetch-state.ts'
import { openContents, type Sealer, sealContents } from './sealed.ts'

/** The group that this device is in, in one conversation. Its hash is computed only on demand. */
export type PresentHead = Omit<Head, 'contextHash'> & { readonly contextHash: () => string }

export type StateExchangePort = {
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly pins: Pick<Pins, 'shared' | 'share'>
  readonly people: {
    /** Returns the decisions that this device knows. Empty ones are left out. */
    shared(): Partial<Decisions>
    /** Takes over decisions of another device of this account. They are merged already. */
    take(decisions: Partial<Decisions>): Promise<void>
  }
  heads(): ReadonlyMap<ConversationId, PresentHead>
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
}

/**
 * The last account state that this device saw, the time of its last request, and the server
 * database of that request.
 */
export type KeptState = KnownState & { readonly askedAt: number; readonly dbEpoch?: string }

/** The key of the row of `meta` that holds the state. */
export const stateKey = 'accountState'

/** Attempts to upload when other devices of the account keep uploading first. */
const maxTries = 8
/** The number of these troubles that one process reports. */
const maxTold = 1_000

/** Merges the account state of this device with the server's copy, and uploads the result. */
export class StateExchange {
  readonly #port: StateExchangePort
  readonly #sealer: Sealer
  readonly #told = new Set<string>()
  #kept: KeptState
  #dbEpoch: string | undefined

  constructor(sealer: Sealer, kept: KeptState, port: StateExchangePort) {
    this.#sealer = sealer
    this.#kept = kept
    this.#port = port
  }

  get kept(): KeptState {
    return this.#kept
  }

  /** Notes the database of the server that this device is connected to. */
  connectedTo(dbEpoch: string): void {
    this.#dbEpoch = dbEpoch
  }

  /**
   * Returns whether the server's database is another one than before. Its versions then continue
   * those of an older copy, so they can't be compared.
   */
  get isRestored(): boolean {
    return this.#dbEpoch !== undefined && this.#kept.dbEpoch !== undefined && this.#dbEpoch !== this.#kept.dbEpoch
  }

  /** Returns whether this device has something that the kept state lacks. */
  hasNews(): boolean {
    return !sameContents(this.#own(), this.#kept.contents)
  }

  /**
   * Downloads, merges and uploads the account state. Call it from one task at a time.
   *
   * @throws the error of the request when the server does not answer
   */
  async run(): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const { version, isGood } = await this.#fetch()
      const contents = this.#own()
      if (isGood && sameContents(contents, this.#kept.contents)) return
      if (await this.#put(version + 1, contents)) return
    }
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
    const decisions = this.#port.people.shared()
    const own: AccountStateContents = {
      ...{ v: 1, pins: this.#port.pins.shared(), heads, ...decisions },
      ...(backup && { backup }),
    }
    return mergeContents(this.#kept.contents, own).state
  }

  /**
   * Merges the server's state into the kept one. `isGood` is true when the server still has
   * everything that this device has kept.
   */
  async #fetch(): Promise<{ readonly version: number; readonly isGood: boolean }> {
    const kept = this.isRestored ? { ...this.#kept, version: 0 } : this.#kept
    const { version, body } = await this.#port.api.call(authOperations.getAccountState, {
      query: { after: kept.version },
    })
    const askedAt = this.#port.clock.wallMs()
    if (version <= kept.version || body === undefined) {
      if (version < kept.version) this.#tellOnce('account_state_old', `${version}`)
      await this.#keep({ ...kept, askedAt })
      return { version, isGood: version === kept.version }
    }
    const theirs = await this.#open(version, body)
    if (!theirs) return { version, isGood: false }
    // The stored state wins a conflict. Otherwise two devices that disagree would overwrite each
    // other at every connection.
    const { state, conflicts } = mergeContents(theirs, kept.contents)
    // An accepted key comes first: the pin that it replaces is no conflict then.
    const decisions = mergeDecisions(state, this.#port.people.shared())
    await this.#port.people.take(decisions)
    await this.#port.pins.share(withAcceptedKeys(theirs.pins, decisions))
    for (const conversation of new Set([...conflicts, ...this.#apart(theirs)])) this.#tellSplit(conversation)
    await this.#keep({ version, contents: state, askedAt })
    for (const { id, profile } of named(theirs)) await this.#port.named(id, profile)
    return { version, isGood: sameContents(state, theirs) }
  }

  /** Nothing is taken from a state that does not open. The next version replaces it. */
  async #open(version: number, body: string): Promise<AccountStateContents | undefined> {
    try {
      return await openContents(this.#sealer, version, body)
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
  async #put(version: number, contents: AccountStateContents): Promise<boolean> {
    const body = await sealContents(this.#sealer, version, contents)
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
    await this.#port.store.write(new Batch().put('meta', stateKey, kept).writes)
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
