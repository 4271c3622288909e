import type { Log, Memberships, Session } from '../domain/ports.ts'

/** Whose device it is. An interface and no callbacks: a full pod holds very many of them. */
export type MembershipOwner = {
  /**
   * Takes what was read. Gives, for each conversation whose new entries may still pass this pod by, what resolves when they no longer do:
   * what was committed until then must be read, so it is read once more.
   */
  takeMemberships(memberships: Memberships): readonly (Promise<void> | undefined)[]
  /** What was taken last is how things stand. */
  onMembershipsRead(): void
  /** Nothing is read any more until the next `refresh`. */
  onMembershipsError(error: unknown): void
}

/** Reads what a device may receive: again whenever that may have changed, and never twice at once. */
export class MembershipReader {
  readonly #log: Pick<Log, 'memberships'>
  readonly #session: Session
  readonly #owner: MembershipOwner
  #state: 'unread' | 'reading' | 'stale' | 'read' = 'unread'
  #isClosed = false

  constructor(log: Pick<Log, 'memberships'>, session: Session, owner: MembershipOwner) {
    this.#log = log
    this.#session = session
    this.#owner = owner
  }

  get isRead(): boolean {
    return this.#state === 'read'
  }

  /** What the device may receive has changed or may have. */
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
      // What was committed between this reading and listening must be read: listen first, then read once more.
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

  /** A hint may have come while reading, which the compiler can't see. */
  #isStale(): boolean {
    return this.#state === 'stale'
  }
}
