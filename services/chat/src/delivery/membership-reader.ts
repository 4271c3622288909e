import type { EntryLog, Memberships, Session } from '../domain/ports.ts'

/**
 * The owner of the device. One object instead of three callbacks, since a full pod holds very many.
 */
export type MembershipOwner = {
  /**
   * Takes what was read. Returns a promise for each conversation that the pod has just subscribed
   * to, which resolves when the subscription is live. Entries committed before that may be missed,
   * so memberships are read once more then.
   */
  takeMemberships(memberships: Memberships): readonly (Promise<void> | undefined)[]
  /** Called when the memberships taken last are up to date. */
  onMembershipsRead(): void
  /** Called when reading failed. The next `refresh` reads again. */
  onMembershipsError(error: unknown): void
}

/**
 * Reads which conversations a device may receive, again whenever that may have changed, one read at
 * a time.
 */
export class MembershipReader {
  readonly #log: Pick<EntryLog, 'memberships'>
  readonly #session: Session
  readonly #owner: MembershipOwner
  #state: 'unread' | 'reading' | 'stale' | 'read' = 'unread'
  #isClosed = false

  constructor(log: Pick<EntryLog, 'memberships'>, session: Session, owner: MembershipOwner) {
    this.#log = log
    this.#session = session
    this.#owner = owner
  }

  get isRead(): boolean {
    return this.#state === 'read'
  }

  /** Reads again: the memberships have changed, or may have. */
  refresh(): void {
    if (this.#state === 'reading' || this.#state === 'stale') this.#state = 'stale'
    else void this.#read()
  }

  close(): void {
    this.#isClosed = true
  }

  async #read(): Promise<void> {
    this.#state = 'reading'
    try {
      const memberships = await this.#log.memberships(this.#session)
      if (this.#isClosed) return
      const opened = this.#owner.takeMemberships(memberships)
      // An entry may be committed between this read and the subscription, so read once more after
      // subscribing.
      await Promise.all(opened)
      if (this.#isClosed) return
      if (this.#isStale() || opened.length > 0) return void this.#read()
      this.#state = 'read'
      this.#owner.onMembershipsRead()
    } catch (error) {
      this.#state = 'unread'
      this.#owner.onMembershipsError(error)
    }
  }

  /**
   * Whether a hint came during the read. A method, since the compiler does not see that the state
   * may have changed.
   */
  #isStale(): boolean {
    return this.#state === 'stale'
  }
}
